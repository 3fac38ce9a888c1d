"""The drawing for applicants: the steps of the line in one compact row, in their own words (UI.md section 8)."""

from __future__ import annotations

from dataclasses import dataclass, field

from kernel.texts import Language, Text
from processes.picture import svg
from processes.picture.icons import GATEWAY_ICONS
from processes.picture.lettering import width_of, wrapped
from processes.picture.story import Block, Item, Leaf, Return
from processes.picture.told import Told

WIDTH = 1124.0  # what the page has room for at 1280 pixels; a shorter line is spread over it
GAP, WIDEST_GAP = 24.0, 40.0
CIRCLE, DIAMOND, SMALL_CIRCLE = 16.0, 18.0, 11.0
ROW_GAP, LANE_SIDE, LANE_HEAD, LANE_FOOT = 44.0, 18.0, 36.0, 16.0
NAME_ROOM = 104.0
BELOW = 11.0  # kept free below a step
NOW = Text("现在", "Now")


def draw_applicant(tale: Told, *, language: Language, title: str, description: str, prefix: str) -> str:
    """The usual way as one row, branches above one another, ways back dashed below."""
    sheet = _Sheet(tale, language, prefix)
    sheet.draw()
    return svg.picture(
        [*sheet.lanes, *sheet.flows, *sheet.nodes],
        (0, sheet.top, max(WIDTH, sheet.right), sheet.bottom - sheet.top),
        prefix=prefix,
        title=title,
        description=description,
    )


@dataclass(slots=True)
class _Spot:
    """Where something was drawn: its middle and how far it reaches to each side."""

    x: float
    y: float
    half_width: float
    half_height: float

    @property
    def left(self) -> float:
        return self.x - self.half_width

    @property
    def right(self) -> float:
        return self.x + self.half_width

    @property
    def bottom(self) -> float:
        return self.y + self.half_height


@dataclass(slots=True)
class _Sheet:
    tale: Told
    language: Language
    prefix: str
    lanes: list[str] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    spots: dict[str, _Spot] = field(default_factory=dict)
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    feet: list[tuple[float, float, float]] = field(default_factory=list)  # left, right and bottom of all that was drawn
    gap: float = GAP
    step_height: float = 60.0

    def draw(self) -> None:
        items = self.tale.items
        if any(len(self._rows(leaf)) > 2 for leaf in self._all_leaves()):
            self.step_height = 76.0
        narrow = sum(self._width(item) for item in items)
        between = self._gaps(items)
        if between:
            self.gap = min(max((WIDTH - narrow - 24) / between, GAP), WIDEST_GAP)
        self.bottom = self.top = 0.0
        end = self._way(items, 12.0, 0.0)
        self.right = end + 12
        self._extras()
        self._returns()
        self.top -= 14
        self.bottom += 8

    def _all_leaves(self) -> list[Leaf]:
        inside: list[Leaf] = [leaf for leaf, _ in self.tale.extras]
        for item in self.tale.items:
            inside += [item] if isinstance(item, Leaf) else item.leaves()
        return [leaf for leaf in inside if leaf.kind == "step"]

    def _gaps(self, items: tuple[Item, ...]) -> int:
        """How many gaps stand one beside the other, so that the spare width can be shared out."""
        inner = sum(
            max((self._gaps(branch) for branch in item.branches), default=0)
            for item in items
            if isinstance(item, Block)
        )
        return len(items) - 1 + inner

    def _rows(self, leaf: Leaf) -> list[tuple[str, str | None]]:
        return svg.named(leaf.name(self.language), self.tale.notes.get(leaf.path, ""), NAME_ROOM, 3)

    def _width(self, item: Item) -> float:
        if isinstance(item, Block):
            inside = max(self._way_width(branch) for branch in item.branches)
            return 4 * DIAMOND + 2 * (LANE_SIDE + 6) + max(inside, self._lane_name_width(item))
        if item.kind != "step":
            # The words below a circle are wider than the circle itself.
            return max(2 * CIRCLE, width_of(item.name(self.language), svg.SMALL))
        widest = max(width_of(row, svg.SMALL if small else svg.NAME) for row, small in self._rows(item))
        return max(88.0, 8 * -(-(widest + 28) // 8))

    def _way_width(self, items: tuple[Item, ...]) -> float:
        return sum(self._width(item) for item in items) + self.gap * (len(items) - 1)

    def _lane_name_width(self, block: Block) -> float:
        return width_of(self._lane_name(block), svg.SMALL) + 4 - 2 * LANE_SIDE + 24

    def _lane_name(self, block: Block) -> str:
        return block.group.says("group", self.language) if block.group else ""

    def _reach(self, item: Item) -> float:
        """Half the height of an item."""
        if isinstance(item, Leaf):
            return self.step_height / 2
        heights = [
            2 * max(self._reach(inner) for inner in branch) if branch else self.step_height for branch in item.branches
        ]
        return (sum(heights) + ROW_GAP * (len(heights) - 1)) / 2

    def _way(self, items: tuple[Item, ...], x: float, y: float) -> float:
        """Draw items from left to right; returns the right edge."""
        before: Item | None = None
        end = x
        for item in items:
            start = x if before is None else end + self.gap
            spot_end = self._item(item, start, y)
            if before is not None:
                taken = self.tale.finished(before) and self.tale.reached(item)
                self._flow([(self._right_of(before, end), y), (self._left_of(item, start), y)], taken)
            before, end = item, spot_end
        return end

    def _right_of(self, item: Item, end: float) -> float:
        return self.spots[item.path].right if isinstance(item, Leaf) else end

    def _left_of(self, item: Item, start: float) -> float:
        return (self.spots[item.path].left if isinstance(item, Leaf) else start) - 1

    def _item(self, item: Item, x: float, y: float) -> float:
        width = self._width(item)
        if isinstance(item, Block):
            return self._block(item, x, y)
        if item.kind == "step":
            self._step(item, _Spot(x + width / 2, y, width / 2, self.step_height / 2))
        else:
            self._circle(item, x + width / 2, y)
        return x + width

    def _step(self, leaf: Leaf, spot: _Spot) -> None:
        self.spots[leaf.path] = spot
        top = spot.y - spot.half_height
        state = self.tale.state(leaf.path)
        box = svg.element("rect", x=spot.left, y=top, width=2 * spot.half_width, height=2 * spot.half_height, rx=8.0)
        words = svg.lines(self._rows(leaf), spot.x, spot.y)
        self.nodes.append(svg.element("g", [box, words], class_=f"node is-{state}" if state else "node"))
        if state == "done":
            self.nodes.append(svg.tick(spot.right - 2, top + 2))
        elif state == "now":
            times = self.tale.open_times.get(leaf.path, 1)
            self.nodes.append(svg.pill(NOW.in_(self.language) + (f" ×{times}" if times > 1 else ""), spot.x, top))
        self._covers(spot.x, spot.y, spot.half_width + 8, spot.half_height + BELOW)

    def _circle(self, leaf: Leaf, x: float, y: float) -> None:
        self.spots[leaf.path] = _Spot(x, y, CIRCLE, CIRCLE)
        state = self.tale.state(leaf.path)
        rings = [svg.element("circle", cx=x, cy=y, r=CIRCLE)]
        if leaf.kind == "end":
            rings.append(svg.element("circle", cx=x, cy=y, r=CIRCLE - 4))
        words = svg.text(leaf.name(self.language), x, y + CIRCLE + 18, "sub")
        self.nodes.append(svg.element("g", [*rings, words], class_=f"node is-{state}" if state else "node"))
        self._covers(x, y, CIRCLE, CIRCLE + 24)

    def _block(self, block: Block, x: float, y: float) -> float:
        """Split, branches in their lane, join; returns the right edge of the join."""
        width = self._width(block)
        split, join = x + DIAMOND, x + width - DIAMOND
        lane_left, lane_right = x + 2 * DIAMOND + 6, x + width - 2 * DIAMOND - 6
        self._diamond(split, y, self.tale.reached(block))
        self._diamond(join, y, self.tale.finished(block))
        reach, name = self._reach(block), self._lane_name(block)
        row_top = y - reach
        for branch in block.branches:
            half = max((self._reach(item) for item in branch), default=self.step_height / 2)
            row = row_top + half
            self._branch(block, branch, row, (split, join, y), (lane_left + lane_right) / 2)
            row_top += 2 * half + ROW_GAP
        foot = LANE_FOOT + (14 if any(one.origin == block.group_path for one in self._ways_back()) else 0)
        head = LANE_HEAD if name else LANE_FOOT
        lane_top, lane_bottom = y - reach - head, y + reach + foot
        self.lanes.append(
            svg.element(
                "rect",
                class_="lane",
                x=lane_left,
                y=lane_top,
                width=lane_right - lane_left,
                height=lane_bottom - lane_top,
                rx=10.0,
            )
        )
        if name:
            self.lanes.append(svg.text(name, lane_left + 12, lane_top + 20, "lane-name"))
        if block.group_path:
            # A way back leaves right of the middle, so that its words have room to the left.
            self.spots[block.group_path] = _Spot((lane_left + 3 * lane_right) / 4, lane_bottom, 0, 0)
        self._covers(x + width / 2, (lane_top + lane_bottom) / 2, width / 2, (lane_bottom - lane_top) / 2)
        return x + width

    def _branch(
        self, block: Block, branch: tuple[Item, ...], row: float, gateways: tuple[float, float, float], middle: float
    ) -> None:
        split, join, y = gateways
        straight = row == y
        below = 1 if row > y else -1
        if not branch:
            self._flow(
                [(split, y + below * DIAMOND), (split, row), (join, row), (join, y + below * (DIAMOND + 1))], False
            )
            return
        start = middle - self._way_width(branch) / 2
        end = self._way(branch, start, row)
        first, last = self._left_of(branch[0], start), self._right_of(branch[-1], end)
        left = [(split + DIAMOND, y)] if straight else [(split, y + below * DIAMOND), (split, row)]
        right = [(join - DIAMOND - 1, y)] if straight else [(join, row), (join, y + below * (DIAMOND + 1))]
        self._flow([*left, (first, row)], self.tale.reached(branch[0]))
        self._flow([(last, row), *right], self.tale.finished(branch[-1]))

    def _diamond(self, x: float, y: float, passed: bool) -> None:
        shape = svg.element("path", d=f"M{svg.number(x)} {svg.number(y - DIAMOND)}l18 18l-18 18l-18-18z")
        plus = svg.element(
            "g",
            [svg.element("path", class_="gw", d=GATEWAY_ICONS["parallelGateway"])],
            class_="icon",
            transform=f"translate({svg.number(x)} {svg.number(y)})",
        )
        state = ("done" if passed else "todo") if self.tale.begun else None
        self.nodes.append(svg.element("g", [shape, plus], class_=f"node is-{state}" if state else "node"))

    def _extras(self) -> None:
        """Steps inside or beside a step hang below it, each under all that was drawn there before."""
        for leaf, host in self.tale.extras:
            above = self.spots[host]
            half = self._width(leaf) / 2
            x = max(above.x, half + 12)
            floor = max(bottom for left, right, bottom in self.feet if left < x + half and right > x - half)
            spot = _Spot(x, floor - BELOW + ROW_GAP + self.step_height / 2, half, self.step_height / 2)
            self._step(leaf, spot)
            beside_pill = max(spot.left, above.left) + 20
            self._flow([(beside_pill, above.bottom), (beside_pill, spot.y - spot.half_height - 1)], True)

    def _ways_back(self) -> tuple[Return, ...]:
        """The ways back that are still open: none once the instance has ended."""
        return () if self.tale.over else self.tale.story.returns

    def _returns(self) -> None:
        """Ways back, the nearest origin innermost, each with its words above its line."""
        drawn = [one for one in self._ways_back() if one.origin in self.spots and one.target in self.spots]
        drawn.sort(key=lambda one: self.spots[one.origin].x)
        entries: dict[str, int] = {}
        level = 0.0
        for one in drawn:
            origin, target = self.spots[one.origin], self.spots[one.target]
            level = max(level, max(bottom for left, _, bottom in self.feet if left < origin.x) + 4)
            entry = target.x - 24 * entries.get(one.target, 0)
            entries[one.target] = entries.get(one.target, 0) + 1
            rows = wrapped(one.node.says("back", self.language), origin.x - entry - 30, svg.SMALL, 2)
            level += 4 + 17 * len(rows)
            self._return(one, origin, (entry, target.bottom + 2), level, rows)
        self.bottom = max(self.bottom, level)

    def _return(
        self, one: Return, origin: _Spot, target: tuple[float, float], level: float, rows: tuple[str, ...]
    ) -> None:
        start = origin.bottom
        if one.from_block:
            start += SMALL_CIRCLE
            rings = [
                svg.element("circle", cx=origin.x, cy=origin.y, r=radius) for radius in (SMALL_CIRCLE, SMALL_CIRCLE - 4)
            ]
            self.nodes.append(svg.element("g", rings, class_="node is-todo" if self.tale.begun else "node"))
        # Dashed even where no instance is shown: it is not the usual way.
        state = "taken" if self.tale.went_back(one) else "todo"
        self.flows.append(
            svg.flow([(origin.x, start), (origin.x, level), (target[0], level), target], state, self.prefix)
        )
        middle = (origin.x + target[0]) / 2
        for index, row in enumerate(reversed(rows)):
            self.flows.append(svg.text(row, middle, level - 6 - 17 * index, "elabel"))

    def _flow(self, points: list[tuple[float, float]], taken: bool) -> None:
        state = ("taken" if taken else "todo") if self.tale.begun else ""
        self.flows.append(svg.flow(points, state, self.prefix))

    def _covers(self, x: float, y: float, half_width: float, half_height: float) -> None:
        self.top = min(self.top, y - half_height)
        self.bottom = max(self.bottom, y + half_height)
        self.feet.append((x - half_width, x + half_width, y + half_height))
        self.right = max(self.right, x + half_width)
