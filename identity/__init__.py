"""Who somebody is: accounts, passwords, captchas, sign-in, sessions, and the actor behind a request."""
