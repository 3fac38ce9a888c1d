"""Signing in by password (F-AUTH-1…4, F-CAPTCHA, R-001-16, R-003-01)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from identity.accounts import Accounts
from identity.actors import signed_in
from identity.attempts import MOST_TRIES_OF_ADDRESS, MOST_TRIES_OF_ALL, Attempts
from identity.captcha import CaptchaAnswer, Captchas
from identity.passwords import Passwords
from identity.sign_in import SignIn
from kernel.actors import SYSTEM
from kernel.errors import ServiceError
from store.tables import account, captcha, session
from tests.identity.conftest import E01, PASSWORD

WRONG = "Wrong-2026-pass"


@pytest.fixture
def sign_in(database, system_clock, passwords, accounts):
    return SignIn(database, system_clock, passwords)


@pytest.fixture
def who(database, system_clock):
    """The account id behind a token, or none."""

    def ask(token):
        found = signed_in(database.ask, token, clock=system_clock)
        return None if found is None else found[0].id

    return ask


@pytest.fixture
def picture(database, system_clock):
    """A fresh captcha with its right answer."""

    def draw():
        with database.write() as work:
            drawn = Captchas(work.connection, system_clock).issue()
            digits = work.connection.execute(select(captcha.c.answer).where(captcha.c.id == drawn.id)).scalar_one()
        return CaptchaAnswer(drawn.id, digits)

    return draw


def code_of(call, *arguments, **options):
    with pytest.raises(ServiceError) as refusal:
        call(*arguments, ip="10.0.0.1", **options)
    return refusal.value.code


@pytest.mark.parametrize(
    ("name", "username"),
    [
        ("11000019910228905X", "p05"),
        (" 11000019910228905x ", "p05"),
        ("P05", "p05"),
        ("e01_user", "e01_user"),
        ("e01_admin", "e01_admin"),
        ("XA000001-5", "e01_admin"),
        (E01, "e01_admin"),
    ],
)
def test_somebody_signs_in_by_number_code_or_name(sign_in, who, accounts, name, username):
    assert who(sign_in.by_password(name, PASSWORD, ip="10.0.0.1")) == accounts[username]


def test_wrong_passwords_and_unknown_names_are_refused_alike(sign_in):
    assert code_of(sign_in.by_password, "p05", WRONG) == "LOGIN_FAILED"
    assert code_of(sign_in.by_password, "nobody", WRONG) == "LOGIN_FAILED"
    assert code_of(sign_in.by_password, "", "") == "LOGIN_FAILED"
    assert code_of(sign_in.by_password, "赵克勤", PASSWORD) == "LOGIN_FAILED"


@pytest.mark.parametrize("name", ["p05", "nobody"])
def test_five_wrong_passwords_lock_for_fifteen_minutes(sign_in, system_clock, name):
    codes = [code_of(sign_in.by_password, name, WRONG) for _ in range(6)]
    assert codes == ["LOGIN_FAILED"] * 4 + ["LOGIN_LOCKED"] * 2
    assert code_of(sign_in.by_password, name, PASSWORD) == "LOGIN_LOCKED"
    system_clock.advance(minutes=15)
    assert code_of(sign_in.by_password, name, WRONG) == "LOGIN_FAILED"


def test_after_the_lock_the_right_password_opens_again(sign_in, who, accounts, system_clock):
    for _ in range(5):
        code_of(sign_in.by_password, "p05", WRONG)
    system_clock.advance(minutes=14, seconds=59)
    assert code_of(sign_in.by_password, "p05", PASSWORD) == "LOGIN_LOCKED"
    system_clock.advance(seconds=1)
    assert who(sign_in.by_password("p05", PASSWORD, ip="")) == accounts["p05"]


def test_the_right_password_starts_the_count_anew(sign_in):
    for _ in range(3):
        assert [code_of(sign_in.by_password, "p05", WRONG) for _ in range(4)] == ["LOGIN_FAILED"] * 4
        sign_in.by_password("p05", PASSWORD, ip="")


def test_the_tries_of_all_names_of_an_account_count_together(sign_in):
    for name in ("p05", "11000019910228905X", "p05", "11000019910228905x", "P05"):
        code_of(sign_in.by_password, name, WRONG)
    assert code_of(sign_in.by_password, "p05", PASSWORD) == "LOGIN_LOCKED"


def test_guesses_at_the_same_moment_are_all_counted(sign_in):
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: code_of(sign_in.by_password, "p05", WRONG), range(40)))
    assert codes.count("LOGIN_FAILED") == 4
    assert codes.count("LOGIN_LOCKED") == 36


def test_an_address_that_tries_many_names_is_locked(sign_in, system_clock):
    for n in range(MOST_TRIES_OF_ADDRESS):
        assert code_of(sign_in.by_password, f"name{n}", WRONG) == "LOGIN_FAILED"
    assert code_of(sign_in.by_password, "p05", PASSWORD) == "LOGIN_LOCKED"
    sign_in.by_password("p05", PASSWORD, ip="10.0.0.2")
    system_clock.advance(minutes=15)
    sign_in.by_password("p05", PASSWORD, ip="10.0.0.1")


def test_failures_of_an_address_are_forgotten_after_a_quiet_while(sign_in, system_clock):
    for n in range(MOST_TRIES_OF_ADDRESS - 1):
        code_of(sign_in.by_password, f"name{n}", WRONG)
    system_clock.advance(minutes=16)
    code_of(sign_in.by_password, "another", WRONG)
    sign_in.by_password("p05", PASSWORD, ip="10.0.0.1")


def test_a_disabled_account_is_refused_like_a_wrong_password(sign_in, database, accounts, system_clock, passwords):
    with database.write() as work:
        Accounts(work.connection, system_clock, passwords).disable(accounts["p05"], by=SYSTEM)
    assert code_of(sign_in.by_password, "p05", PASSWORD) == "LOGIN_FAILED"


def test_officers_and_staff_need_a_captcha(sign_in, who, accounts, picture):
    """F-AUTH-2"""
    assert code_of(sign_in.by_password, "city_a", PASSWORD) == "LOGIN_FAILED"
    assert who(sign_in.by_password("city_a", PASSWORD, ip="", captcha=picture())) == accounts["city_a"]
    assert who(sign_in.by_password("p05", PASSWORD, ip="", captcha=picture())) == accounts["p05"]


def test_a_captcha_counts_once_and_for_five_minutes(sign_in, picture, system_clock):
    """F-CAPTCHA, R-001-16"""
    used = picture()
    sign_in.by_password("city_a", PASSWORD, ip="", captcha=used)
    assert code_of(sign_in.by_password, "city_a", PASSWORD, captcha=used) == "CAPTCHA_WRONG"
    late = picture()
    system_clock.advance(minutes=5)
    assert code_of(sign_in.by_password, "city_a", PASSWORD, captcha=late) == "CAPTCHA_WRONG"


def test_a_wrong_captcha_is_used_up_and_costs_no_try(sign_in, picture, who, accounts):
    right = picture()
    wrong = CaptchaAnswer(right.id, "12")
    assert code_of(sign_in.by_password, "city_a", PASSWORD, captcha=wrong) == "CAPTCHA_WRONG"
    assert code_of(sign_in.by_password, "city_a", PASSWORD, captcha=right) == "CAPTCHA_WRONG"
    for _ in range(5):
        code_of(sign_in.by_password, "city_a", WRONG, captcha=CaptchaAnswer("none", "0000"))
    assert who(sign_in.by_password("city_a", PASSWORD, ip="", captcha=picture())) == accounts["city_a"]


def test_a_captcha_is_a_picture(database, system_clock):
    with database.write() as work:
        captchas = Captchas(work.connection, system_clock)
        first, second = captchas.issue(), captchas.issue()
        assert first.png.startswith(b"\x89PNG")
        assert first.id != second.id
        system_clock.advance(minutes=6)
        captchas.issue()
        assert len(work.connection.execute(select(captcha)).all()) == 1


def test_the_session_of_before_ends_at_sign_in(sign_in, who, accounts):
    """A planted session id is worth nothing afterwards."""
    before = sign_in.by_password("e01_user", PASSWORD, ip="")
    after = sign_in.by_password("p05", PASSWORD, ip="", replaces=before)
    assert after != before
    assert who(before) is None
    assert who(after) == accounts["p05"]


def test_the_database_knows_no_token(sign_in, database):
    token = sign_in.by_password("p05", PASSWORD, ip="10.0.0.1")
    with database.read() as connection:
        [row] = connection.execute(select(session)).all()
    assert token not in str(row)
    assert len(token) >= 43
    assert row.ip == "10.0.0.1"


def test_a_hash_of_other_costs_is_renewed_at_sign_in(sign_in, database, accounts):
    older = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)).hash(PASSWORD)
    with database.write() as work:
        work.connection.execute(update(account).where(account.c.id == accounts["p05"]).values(password_hash=older))
    sign_in.by_password("p05", PASSWORD, ip="")
    with database.read() as connection:
        query = select(account.c.password_hash).where(account.c.id == accounts["p05"])
        assert "m=8,t=1" in connection.execute(query).scalar_one()
    sign_in.by_password("p05", PASSWORD, ip="")


def test_a_user_name_never_stands_before_the_person_of_that_number(sign_in, database, accounts, who):
    with database.write() as work:
        query = update(account).where(account.c.id == accounts["e01_user"])
        work.connection.execute(query.values(username="11000019910228905x"))
    assert who(sign_in.by_password("11000019910228905X", PASSWORD, ip="")) == accounts["p05"]


def test_the_hashing_is_done_for_nobody_too(passwords):
    """No user enumeration: an unknown name costs the same work as a known one."""
    assert passwords.matches(None, "anything") is False
    assert passwords._nobody.startswith(passwords.hash("x").rsplit("$", 2)[0])
    assert passwords.matches("no hash at all", "anything") is False


def test_made_up_tokens_are_nobodys(who):
    assert who("") is None
    assert who("made-up") is None


def test_guessing_at_large_asks_everybody_for_a_captcha_and_locks_nobody(
    sign_in, who, accounts, picture, database, system_clock
):
    with database.write() as work:
        for _ in range(MOST_TRIES_OF_ALL - 1):
            Attempts(work.connection, system_clock.now()).anybody_failed()
    assert not sign_in.asks_for_captcha()
    code_of(sign_in.by_password, "nobody", WRONG)

    assert sign_in.asks_for_captcha()
    assert code_of(sign_in.by_password, "p05", PASSWORD) == "CAPTCHA_WRONG"
    assert who(sign_in.by_password("p05", PASSWORD, ip="10.0.0.1", captcha=picture())) == accounts["p05"]

    system_clock.advance(minutes=15)

    assert not sign_in.asks_for_captcha()
    assert who(sign_in.by_password("p05", PASSWORD, ip="10.0.0.1")) == accounts["p05"]


def test_two_sign_ins_may_renew_an_old_hash_at_once(database, system_clock, accounts, who):
    """Both know the password; only one of them writes the new hash."""
    tokens = []

    class Overtaken(Passwords):
        def hash(self, password):
            other = SignIn(database, system_clock, Passwords(costlier))
            tokens.append(other.by_password("e01_admin", PASSWORD, ip="10.0.0.1"))
            return super().hash(password)

    costlier = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)

    tokens.append(SignIn(database, system_clock, Overtaken(costlier)).by_password("e01_admin", PASSWORD, ip="10.0.0.2"))

    assert [who(token) for token in tokens] == [accounts["e01_admin"]] * 2
