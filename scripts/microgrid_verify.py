#!/usr/bin/env python3
"""Verifies an exported ledger of @commongrid/node-red-microgrid. One file, Python 3.9 or later, standard library only.

    python3 microgrid_verify.py [--roster FILE] [--json] EXPORT_DIR
    python3 microgrid_verify.py --batch < PATHS            (one JSON line for each path)

Its status is 0 where the ledger holds, 1 where it does not, 2 where it cannot be read.

Written from docs/ledger-format.md (named "section 1" to "section 15" below), docs/market.md, docs/market-zonal.md and
docs/settlement.md; it shares no code with the program that they document, and what they left open was mended in them.
Two programs that were written apart and say the same are good proof that the documents are complete. It stops at the
first bad leaf.

Tariff documents name time zones; they are read with `zoneinfo`, so the machine needs the IANA tables (Debian: tzdata).
Signatures are checked in pure Python, some 2000 a second; nothing here is secret, so nothing is constant in time.
It reads exports alone: no databases (section 13), no evidence (section 17), no ledger before this one (--previous).
"""
from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import sys
import unicodedata
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Set, Tuple
from zoneinfo import ZoneInfo

MAX = 2**53 - 1
Json = Any


class Fault(Exception):
    """What is wrong, and at which leaf (None: a file as a whole)."""

    def __init__(self, code: str, text: str, leaf: Optional[int] = None) -> None:
        super().__init__(text)
        self.code, self.text, self.leaf = code, text, leaf


class NoResult(Exception):
    """A clearing or a bill that cannot be computed, so that any record of it is wrong."""


class Withheld(Exception):
    """A clearing or a bill that follows from a body that is not there: it counts as unchecked."""


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


# --- Section 1: JSON, times, names -----------------------------------------------------------------------------------


def no_float(text: str) -> Json:
    raise ValueError(f"{text} is no whole number")


def canonical(value: Json) -> str:
    """RFC 8785, for values without floats and without control characters in strings."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{json.dumps(n, ensure_ascii=False)}:{canonical(value[n])}" for n in names) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def well_formed(value: Json, depth: int = 1) -> bool:
    if isinstance(value, str):
        return unicodedata.is_normalized("NFC", value) and not any(
            unicodedata.category(char) in ("Cc", "Cs") for char in value
        )
    if isinstance(value, dict):
        return depth <= 6 and all(well_formed(n) and well_formed(v, depth + 1) for n, v in value.items())
    if isinstance(value, list):
        return depth <= 6 and all(well_formed(v, depth + 1) for v in value)
    return value is None or type(value) is bool or (type(value) is int and abs(value) <= MAX)


def read_json(data: bytes) -> Json:
    """The value of canonical JSON. Raises ValueError for any other spelling."""
    if len(data) > 4 * 2**20:
        raise ValueError("more than 4 MiB")
    try:
        text = data.decode("utf-8")
        value = json.loads(text, parse_float=no_float, parse_constant=no_float)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not well_formed(value) or canonical(value) != text:
        raise ValueError("not the canonical form")
    return value


def days_of(year: int, month: int, day: int) -> Optional[int]:
    """Days since 1970 of a date of the proleptic Gregorian calendar (year 0 exists), None where there is none."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if not 1 <= month <= 12 or not 1 <= day <= lengths[month - 1]:
        return None
    before = year - 1
    return 365 * year + before // 4 - before // 100 + before // 400 + sum(lengths[: month - 1]) + day - 719528


def is_day(text: Json) -> bool:
    found = isinstance(text, str) and re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", text)
    return bool(found) and days_of(*map(int, found.groups())) is not None


def quarter_of(text: str) -> Optional[int]:
    """The number of quarter hours from 1970 to an interval, None where the text names none."""
    found = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([01][0-9]|2[0-3]):(00|15|30|45)Z", text)
    if not found:
        return None
    year, month, day, hour, minute = map(int, found.groups())
    days = days_of(year, month, day)
    return None if days is None else days * 96 + hour * 4 + minute // 15


def is_interval(value: Json) -> bool:
    return isinstance(value, str) and quarter_of(value) is not None


def is_time(value: Json) -> bool:
    if not isinstance(value, str):
        return False
    clock = r"T([01][0-9]|2[0-3])(:[0-5][0-9]){2}\.[0-9]{3}Z"
    return re.fullmatch(clock, value[10:]) is not None and is_day(value[:10])


MEMBER = r"[a-z0-9][a-z0-9-]{0,62}"
CODE = r"[a-z][a-z0-9-]{0,63}"
RULE = r"[a-z][a-z0-9-]{0,31}/[1-9][0-9]{0,3}"
SEGMENT = r"[a-z0-9][a-z0-9.-]{0,62}"
COMMUNITY = rf"{SEGMENT}(?:/{SEGMENT}){{0,3}}"
ORIGIN = rf"({COMMUNITY})/ledger/([1-9][0-9]{{0,8}})"


# --- Section 2: Ed25519 (RFC 8032), without cofactor -----------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = Tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, x*y = T/Z
Niels = Tuple[int, int, int]  # y+x, y-x, 2dxy of an affine point
IDENTITY: Point = (0, 1, 1, 0)


def add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * D * p[3] * q[3] % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(n: int, p: Point) -> Point:
    result = IDENTITY
    while n:
        if n & 1:
            result = add(result, p)
        p = add(p, p)
        n >>= 1
    return result


def is_identity(p: Point) -> bool:
    return p[0] % P == 0 and (p[1] - p[2]) % P == 0


def decode_point(data: bytes) -> Optional[Point]:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P != 0:
        if (v * x * x + u) % P != 0:
            return None
        x = x * pow(2, (P - 1) // 4, P) % P
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


@lru_cache(maxsize=4096)
def is_strong(key: bytes) -> bool:
    """Canonical, of the prime-order subgroup, not the identity (no other point of small order is in the subgroup)."""
    point = decode_point(key)
    return point is not None and not is_identity(point) and is_identity(multiply(L, point))


def comb(point: Point, width: int) -> List[List[Niels]]:
    """Row i holds j * 2^(i*width) * point for j = 0 .. 2^width - 1: a product is then one addition per row."""
    points: List[Point] = []
    base = point
    for _ in range(0, 256, width):
        entry = IDENTITY
        for _ in range(1 << width):
            points.append(entry)
            entry = add(entry, base)
        base = entry
    products = [1]  # one inversion for all of them (Montgomery's trick)
    for entry in points:
        products.append(products[-1] * entry[2] % P)
    inverse = pow(products[-1], P - 2, P)
    table: List[Niels] = [(1, 1, 0)] * len(points)
    for i in range(len(points) - 1, -1, -1):
        z = inverse * products[i] % P
        inverse = inverse * points[i][2] % P
        x, y = points[i][0] * z % P, points[i][1] * z % P
        table[i] = ((y + x) % P, (y - x) % P, 2 * D * x * y % P)
    return [table[i : i + (1 << width)] for i in range(0, len(table), 1 << width)]


def add_comb(result: Point, scalar: int, rows: List[List[Niels]], width: int) -> Point:
    x, y, z, t = result
    mask = (1 << width) - 1
    for row in rows:
        digit = scalar & mask
        scalar >>= width
        if digit:
            plus, minus, xy2d = row[digit]
            a, b, c, d = (y - x) * minus % P, (y + x) * plus % P, t * xy2d % P, 2 * z
            e, f, g, h = b - a, d - c, d + c, b + a
            x, y, z, t = e * f % P, g * h % P, f * g % P, e * h % P
    return x, y, z, t


BASE_POINT = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
BASE: List[List[Niels]] = []
NEGATED: Dict[bytes, Tuple[int, List[List[Niels]]]] = {}
USES: Dict[bytes, int] = defaultdict(int)


def negated(key: bytes) -> Tuple[int, List[List[Niels]]]:
    """The table of -A. A key that signs much is worth a larger one."""
    USES[key] += 1
    if key not in NEGATED or USES[key] == 300:
        point = decode_point(key)
        assert point is not None
        width = 4 if key not in NEGATED else 8
        NEGATED[key] = width, comb((P - point[0], point[1], 1, P - point[3]), width)
    return NEGATED[key]


@lru_cache(maxsize=4096)
def signed_by(key: bytes, message: bytes, signature: bytes) -> bool:
    """R = [S]B - [k]A, compared as bytes, and not the identity."""
    if len(signature) != 64 or signature[:32] == b"\x01" + bytes(31):
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    if not BASE:
        assert BASE_POINT is not None
        BASE.extend(comb(BASE_POINT, 8))
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    width, rows = negated(key)
    x, y, z, _ = add_comb(add_comb(IDENTITY, s, BASE, 8), k, rows, width)
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# --- Sections 2, 3: keys and signed notes ----------------------------------------------------------------------------


class Key(NamedTuple):
    name: str
    id: bytes
    type: int
    public: bytes
    vkey: str


class Note(NamedTuple):
    text: bytes
    lines: List[Tuple[str, bytes, bytes]]  # name, key id, signature


def is_key_name(name: str) -> bool:
    return bool(name) and not any(
        char == "+" or char < " " or char == "\x85" or unicodedata.category(char) in ("Zs", "Zl", "Zp") for char in name
    )


def base64_of(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64 with bits that are not used")
    return data


def read_key(vkey: Json) -> Key:
    """Raises ValueError."""
    if not isinstance(vkey, str) or vkey.count("+") < 2:
        raise ValueError("no vkey")
    name, key_id, rest = vkey.split("+", 2)
    data = base64_of(rest)
    if not is_key_name(name) or not re.fullmatch("[0-9a-f]{8}", key_id) or len(data) != 33:
        raise ValueError("no vkey")
    if sha256(name.encode() + b"\n" + data)[:4].hex() != key_id:
        raise ValueError("the key id is of another key")
    return Key(name, bytes.fromhex(key_id), data[0], data[1:], vkey)


def read_note(data: bytes, most_lines: int = 16) -> Note:
    """Raises ValueError."""
    if len(data) > 65535 and most_lines == 16:
        raise ValueError("a note of more than 65535 bytes")
    note = data.decode("utf-8")
    if re.search("[\x00-\x09\x0b-\x1f]", note):
        raise ValueError("control characters in a note")
    at = note.rfind("\n\n")
    if at < 0 or not note.endswith("\n") or at + 2 >= len(note):
        raise ValueError("a note without signatures")
    lines = []
    for line in note[at + 2 : -1].split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014" or not is_key_name(parts[1]):
            raise ValueError("a signature line that is none")
        signature = base64_of(parts[2])
        if len(signature) < 5:
            raise ValueError("a signature that is too short")
        lines.append((parts[1], signature[:4], signature[4:]))
    if len(lines) > most_lines:
        raise ValueError(f"more than {most_lines} signatures")
    return Note(note[: at + 1].encode(), lines)


def require_signatures(note: Note, keys: Iterable[Key]) -> None:
    """Exactly these keys, one line each (section 4)."""
    wanted = {(key.name, key.id): key for key in keys}
    seen: Set[Tuple[str, bytes]] = set()
    for name, key_id, signature in note.lines:
        key = wanted.get((name, key_id))
        if key is None or (name, key_id) in seen:
            raise Fault("wrong-key", f"a signature of {name} that does not belong there")
        if not signed_by(key.public, note.text, signature):
            raise Fault("bad-signature", f"the signature of {name} does not belong to the text")
        seen.add((name, key_id))
    if len(seen) < len(wanted):
        raise Fault("unsigned", "a signature is missing")


# --- Section 4: what a body must look like ---------------------------------------------------------------------------

Check = Callable[[Json], bool]


def whole(low: int, high: int = MAX) -> Check:
    return lambda v: type(v) is int and low <= v <= high


def text_of(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return lambda v: isinstance(v, str) and compiled.fullmatch(v) is not None


def one_of(*values: str) -> Check:
    return lambda v: isinstance(v, str) and v in values


def either(*checks: Check) -> Check:
    return lambda v: any(check(v) for check in checks)


def list_of(check: Check, most: int = MAX, least: int = 0) -> Check:
    return lambda v: isinstance(v, list) and least <= len(v) <= most and all(map(check, v))


def row(*checks: Check) -> Check:
    return lambda v: isinstance(v, list) and len(v) == len(checks) and all(c(x) for c, x in zip(checks, v))


def fields(**checks: Check) -> Check:
    return lambda v: isinstance(v, dict) and v.keys() == checks.keys() and all(c(v[n]) for n, c in checks.items())


def units16(low: int, high: int) -> Check:
    return lambda v: isinstance(v, str) and low <= len(v.encode("utf-16-le")) // 2 <= high


def sorted_once(check: Check, most: int = MAX, least: int = 0) -> Check:
    listed = list_of(check, most, least)
    return lambda v: listed(v) and all(a < b for a, b in zip(v, v[1:]))


def is_vkey(value: Json) -> bool:
    try:
        return re.fullmatch("[!-*,-~]{1,200}", read_key(value).name) is not None
    except ValueError:
        return False


def null(value: Json) -> bool:
    return value is None


def flag(value: Json) -> bool:
    return type(value) is bool


WH, PRICE, MONEY, COUNT = whole(0, 10**9), whole(-(10**12), 10**12), whole(-MAX), whole(0)
WH1 = whole(1, 10**9)
QUALITY = one_of("measured", "estimated", "missing")
HEX = text_of("[0-9a-f]{64}")
NAME, A_CODE, A_RULE = text_of(MEMBER), text_of(CODE), text_of(RULE)
A_MONTH = text_of("[0-9]{4}-(0[1-9]|1[0-2])")
ACCOUNT = either(one_of("supplier", "network", "tax", "fund"), text_of(f"member/{MEMBER}"))
ROLE = one_of("auditor", "member", "operator", "standby")
HOME = one_of("home", "business", "storage", "operator")
AREA = fields(
    id=A_CODE,
    parent=either(null, A_CODE),
    importWh=either(null, COUNT),
    exportWh=either(null, COUNT),
    fee=whole(0, 10**12),
)
RULES_1: Dict[str, Check] = dict(
    currency=text_of("[A-Z]{3}"),
    intervalMinutes=whole(15, 15),
    market=A_RULE,
    settlement=A_RULE,
    tariffs=fields(**{"import": PRICE, "feedIn": PRICE}),
    limits=fields(min=PRICE, max=PRICE),
    maxOrderWh=WH1,
    maxOrdersPerMember=whole(1, 1000),
    gateLeadSeconds=whole(0, 86400),
    simulated=flag,
)
METER: Dict[str, Check] = dict(
    importWh=either(null, WH),
    exportWh=either(null, WH),
    importCounterWh=either(null, COUNT),
    exportCounterWh=either(null, COUNT),
    quality=QUALITY,
    reason=either(null, A_CODE),
)
ORDER_1: Dict[str, Check] = dict(side=one_of("buy", "sell"), wh=WH1, limit=PRICE)
CLEARING_1: Dict[str, Check] = dict(
    rule=A_RULE,
    orders=COUNT,
    volumeWh=COUNT,
    price=either(null, PRICE),
    priceLow=either(null, PRICE),
    priceHigh=either(null, PRICE),
    fills=list_of(row(COUNT, WH1)),
    pairs=list_of(row(NAME, NAME, whole(1))),
)
LINE: Dict[str, Check] = dict(account=ACCOUNT, counterAccount=ACCOUNT, wh=COUNT, price=PRICE, amount=MONEY, code=A_CODE)
STATEMENT: Dict[str, Check] = dict(
    member=NAME,
    importWh=either(null, WH),
    exportWh=either(null, WH),
    quality=QUALITY,
    boughtWh=COUNT,
    soldWh=COUNT,
    supplierWh=COUNT,
    feedInWh=COUNT,
    amount=MONEY,
)
TARIFFS_2 = fields(
    **{"import": PRICE, "feedIn": PRICE},
    networkFee=fields(feeder=PRICE, substation=PRICE, beyond=PRICE),
    levies=PRICE,
    vatBasisPoints=whole(0, 10**6),
    feedInVatBasisPoints=whole(0, 10**6),
    balancing=A_RULE,
    penalty=whole(0, 10**12),
    capacity=either(null, fields(month=A_MONTH, price=PRICE, freeW=COUNT, due=flag)),
)
TERM_1: Dict[str, Check] = dict(term=whole(1), operator=NAME, key=is_vkey)
PREFERENCE = fields(
    mode=one_of("first", "only"), **{"from": one_of("feeder", "partners", "renewable")}, partners=sorted_once(NAME, 100)
)

BODIES: Dict[str, Dict[str, Check]] = {
    "rules/1": RULES_1,
    "rules/2": dict(
        RULES_1,
        maxMemberWh=either(null, WH1),
        areas=list_of(AREA),
        tariff=either(null, units16(1, 60000)),
        estimateAfterHours=either(null, whole(0, 8760)),
    ),
    "roster/1": dict(
        action=one_of("join", "leave", "key", "recover", "role", "feeder"),
        member=NAME,
        kind=HOME,
        roles=sorted_once(ROLE, 4, 1),
        key=is_vkey,
        witness=either(null, is_vkey),
        feeder=either(null, A_CODE),
    ),
    "term/1": TERM_1,
    "term/2": dict(
        TERM_1, previous=fields(ledger=text_of(ORIGIN), size=whole(1), root=HEX), evidence=either(null, HEX)
    ),
    "approval/1": dict(record=HEX),
    "erasure/1": dict(leaf=COUNT, reason=A_CODE),
    "meter/1": METER,
    "correction/1": METER,
    "order/1": ORDER_1,
    "order/2": dict(ORDER_1, renewable=flag, preference=either(null, PREFERENCE)),
    "cancel/1": dict(order=HEX),
    "clearing/1": CLEARING_1,
    "clearing/2": dict(
        CLEARING_1,
        pairs=list_of(row(NAME, NAME, whole(1), PRICE, PRICE, either(null, PRICE))),
        areas=list_of(row(A_CODE, either(null, PRICE), whole(-MAX), PRICE)),
        preferred=list_of(row(COUNT, COUNT, NAME, NAME, WH1, PRICE)),
    ),
    "trade/1": dict(buyer=NAME, seller=NAME, wh=WH1, price=PRICE),
    "settlement/1": dict(
        tariffs=fields(**{"import": PRICE, "feedIn": PRICE}),
        lines=list_of(fields(**LINE)),
        statements=list_of(fields(**STATEMENT)),
    ),
    "settlement/2": dict(
        number=COUNT,
        tariffs=TARIFFS_2,
        lines=list_of(fields(**dict(LINE, wh=whole(-(10**9)), reverses=flag))),
        statements=list_of(fields(**dict(STATEMENT, poolBoughtWh=COUNT, poolSoldWh=COUNT))),
        peaks=list_of(row(A_MONTH, NAME, WH1)),
    ),
    "price/1": dict(price=PRICE),
    "battery/1": dict(
        chargeWh=WH,
        dischargeWh=WH,
        socPerMille=either(null, whole(0, 1000)),
        setpoints=list_of(fields(time=is_time, setpointW=whole(-(10**9), 10**9), code=A_CODE), 1000),
        reasons=list_of(fields(code=A_CODE, cycles=whole(1)), 100),
    ),
    "note/1": dict(text=units16(1, 4000)),
}
WITH_INTERVAL = ("meter", "correction", "order", "cancel", "clearing", "trade", "settlement", "price", "battery")
WITHOUT_INTERVAL = ("rules", "roster", "term", "approval", "erasure")
BY_OPERATOR = ("rules", "clearing", "settlement", "price")
NEED_ROLE = ("meter", "order", "cancel", "battery", "trade")
MAY_CHANGE: Dict[str, Tuple[str, ...]] = {
    "leave": (),
    "key": ("key", "witness"),
    "recover": ("key", "witness"),
    "role": ("roles", "kind"),
    "feeder": ("feeder",),
}
NEED_BODY = ("rules", "roster", "term", "approval", "erasure", "trade")


def check_areas(areas: List[Json]) -> bool:
    """A tree, sorted by id."""
    parents = {area["id"]: area["parent"] for area in areas}
    roots = [area for area in areas if area["parent"] is None]
    if [area["id"] for area in areas] != sorted(parents):
        return False
    if areas and (len(roots) != 1 or (roots[0]["importWh"], roots[0]["exportWh"], roots[0]["fee"]) != (None, None, 0)):
        return False
    for area in areas:
        at: Optional[str] = area["id"]
        for _ in range(16):
            if at is None:
                break
            at = parents.get(at, "")
        if at is not None:
            return False
    return True


def check_body(kind: str, member: str, body: Json) -> bool:
    if not isinstance(body, dict) or not isinstance(body.get("version"), str):
        return False
    if not body["version"].startswith(kind + "/") or body["version"] not in BODIES:
        return False
    checks = BODIES[body["version"]]
    if body.keys() != {*checks, "version", "nonce"} or not text_of("[0-9a-f]{32}")(body["nonce"]):
        return False
    if not all(check(body[name]) for name, check in checks.items()):
        return False
    if kind == "rules":
        return body["limits"]["min"] <= body["limits"]["max"] and check_areas(body.get("areas", []))
    if kind in ("meter", "correction"):
        return (body["quality"] == "missing") == (body["importWh"] is None or body["exportWh"] is None)
    if kind == "roster":
        return body["member"] == member
    if kind == "trade":
        return body["buyer"] != body["seller"]
    if body["version"] == "order/2":
        wish = body["preference"]
        if body["renewable"] and body["side"] != "sell":
            return False
        if wish is None:
            return True
        if (wish["from"] == "partners") != bool(wish["partners"]) or member in wish["partners"]:
            return False
        return wish["from"] != "renewable" or body["side"] == "buy"
    return True


# --- Sections 5, 12: the tree and the exported directory -------------------------------------------------------------


def leaf_hash(note: bytes) -> bytes:
    return sha256(b"\x00" + note)


class Tree:
    """RFC 6962: the roots of complete subtrees, from the largest to the smallest."""

    def __init__(self, hashes: Iterable[bytes] = ()) -> None:
        self.stack: List[Tuple[int, bytes]] = []
        for value in hashes:
            self.append(value)

    def append(self, value: bytes) -> None:
        size = 1
        while self.stack and self.stack[-1][0] == size:
            value, size = sha256(b"\x01" + self.stack.pop()[1] + value), 2 * size
        self.stack.append((size, value))

    def root(self) -> bytes:
        result = self.stack[-1][1] if self.stack else sha256(b"")
        for _, left in reversed(self.stack[:-1]):
            result = sha256(b"\x01" + left + result)
        return result


class Checkpoint(NamedTuple):
    note: Note
    origin: str
    size: int
    root: bytes


def read_checkpoint(data: bytes, most_lines: int = 16) -> Checkpoint:
    """Raises ValueError."""
    note = read_note(data, most_lines)
    lines = note.text.decode().split("\n")
    if len(lines) != 4 or not re.fullmatch(ORIGIN, lines[0]) or not re.fullmatch("[1-9][0-9]{0,15}", lines[1]):
        raise ValueError("not three lines: origin, size, root")
    root = base64_of(lines[2])
    if len(root) != 32 or int(lines[1]) > MAX:
        raise ValueError("a size or a root that is none")
    return Checkpoint(note, lines[0], int(lines[1]), root)


GROUPS = r"((?:x[0-9]{3}/)*[0-9]{3})"
PARTIAL = r"(?:\.p/([1-9][0-9]{0,2}))?"
TILE = re.compile(rf"tile/(0|[1-9][0-9]{{0,2}}|entries)/{GROUPS}{PARTIAL}")
TILE_FOLDER = re.compile(r"tile(/(0|[1-9][0-9]{0,2}|entries)((/x[0-9]{3})*(/[0-9]{3}\.p)?)?)?")
BODIES_FILE = re.compile(rf"bodies/{GROUPS}")
BODIES_FOLDER = re.compile(r"bodies(/x[0-9]{3})*")
NOTES_FILE = re.compile(r"notes/([0-9]{4}-[0-9]{2}-[0-9]{2})\.txt")


def number_of(groups: str) -> Optional[int]:
    digits = groups.replace("x", "").replace("/", "")
    return None if "/" in groups and digits.startswith("000") else int(digits)


def groups_of(number: int) -> str:
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    return "/".join(["x" + part for part in parts[:-1]] + parts[-1:])


class Export:
    """The files of an exported directory. `faults` holds all that is wrong with them."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.faults: List[Fault] = []
        self.notes: List[bytes] = []
        self.bodies: Dict[int, bytes] = {}
        self.tiles: Dict[Tuple[str, int], List[int]] = defaultdict(list)  # ("0" or "entries", N): widths
        self.body_files: List[int] = []
        self.days: List[str] = []
        self.has_checkpoint = self.has_witnessed = False
        self.whole = True
        self._list("")

    def fault(self, code: str, text: str, leaf: Optional[int] = None) -> None:
        self.faults.append(Fault(code, text, leaf))

    def _list(self, folder: str) -> None:
        for entry in sorted(os.scandir(os.path.join(self.root, folder)), key=lambda entry: entry.name):
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if TILE_FOLDER.fullmatch(path) or BODIES_FOLDER.fullmatch(path) or path == "notes":
                    self._list(path)
                else:
                    self.fault("file-altered" if self._known(path) else "file-unknown", f"{path}: a directory")
            elif not entry.is_file(follow_symlinks=False):
                self.fault("file-altered", f"{path}: no plain file")
            elif not self._known(path, note_it=True):
                self.fault("file-unknown", f"{path} does not belong here")

    def _known(self, path: str, note_it: bool = False) -> bool:
        if path.endswith(".tmp") and not path.startswith("notes"):
            return self._known(path[:-4])
        tile, bodies, notes = TILE.fullmatch(path), BODIES_FILE.fullmatch(path), NOTES_FILE.fullmatch(path)
        if path == "checkpoint":
            self.has_checkpoint = self.has_checkpoint or note_it
            return True
        if path == "witnessed":
            self.has_witnessed = self.has_witnessed or note_it
            return True
        if tile:
            number, width = number_of(tile[2]), int(tile[3] or 256)
            if number is None or (tile[3] and width > 255):
                return False
            if note_it:
                self.tiles[tile[1], number].append(width)
            return True
        if bodies:
            number = number_of(bodies[1])
            if number is not None and note_it:
                self.body_files.append(number)
            return number is not None
        if notes and is_day(notes[1]):
            if note_it:
                self.days.append(notes[1])
            return True
        return False

    def read(self, path: str, most: int) -> bytes:
        with open(os.path.join(self.root, path), "rb") as file:
            data = file.read(most + 1)
        if len(data) > most:
            self.fault("file-altered", f"{path} has more than {most} bytes")
            return b""
        return data

    def tile(self, level: str, number: int, width: int) -> bytes:
        path = f"tile/{level}/{groups_of(number)}" + ("" if width == 256 else f".p/{width}")
        return self.read(path, 16777472 if level == "entries" else 8192)

    def entries(self, number: int, width: int) -> Optional[List[bytes]]:
        data, at, found = self.tile("entries", number, width), 0, []
        while at + 2 <= len(data):
            end = at + 2 + int.from_bytes(data[at : at + 2], "big")
            if end > len(data):
                break
            found.append(data[at + 2 : end])
            at = end
        if at != len(data) or len(found) != width:
            self.fault("file-altered", f"tile/entries {number} of width {width} is not {width} whole notes")
            return None
        return found

    def load(self, size: int) -> None:
        """Reads all, and compares all files with one another (section 12)."""
        bundles: Dict[int, List[bytes]] = {}
        for level, number in sorted(self.tiles):
            if level == "entries":
                self._bundle(number, size, bundles)
        for number in range((size + 255) // 256):
            if len(bundles.get(number, ())) < min(256, size - 256 * number):
                self.whole = False
                if ("entries", number) not in self.tiles:
                    self.fault("leaf-missing", f"tile/entries {number} is missing", 256 * number)
                else:
                    self.fault("file-altered", f"tile/entries {number} lacks entries", 256 * number)
                return
            self.notes += bundles[number][: size - 256 * number]
        for number, bundle in bundles.items():
            for i in range(max(0, size - 256 * number), len(bundle)):
                try:
                    read_note(bundle[i])
                except ValueError as error:
                    self.fault("file-altered", f"the entry {256 * number + i} beyond the checkpoint: {error}")
        self._compare_tiles(size, {n: [leaf_hash(note) for note in bundle] for n, bundle in bundles.items()})
        for number in self.body_files:
            self._read_bodies(number, size, bundles.get(number, []))
        self._compare_notes(size, bundles)

    def _bundle(self, number: int, size: int, bundles: Dict[int, List[bytes]]) -> None:
        widths = self.tiles["entries", number]
        needed = min(256, size - 256 * number)
        if needed > 0 and needed not in widths and 256 not in widths:
            self.fault("file-altered" if max(widths) > needed else "leaf-missing",
                       f"tile/entries {number} of width {needed} is missing", 256 * number + min(needed, max(widths)))
        for width in sorted(widths, reverse=True):
            found = self.entries(number, width)
            if found is None:
                self.whole = self.whole and needed <= 0
                continue
            widest = bundles.setdefault(number, found)
            if widest[: len(found)] != found:
                self.fault("file-altered", f"tile/entries {number} of width {width} differs from the widest")

    def _compare_tiles(self, size: int, hashes: Dict[int, List[bytes]]) -> None:
        """`hashes`: of each tile of a level all that it must begin with."""
        level, count = 0, size
        levels = {int(name) for name, _ in self.tiles if name != "entries"}
        while level <= max(levels, default=0) or count > 0:
            full: Dict[int, bytes] = {}
            there = {number for name, number in self.tiles if name == str(level)}
            for number in sorted(there | set(range((count + 255) // 256))):
                widths = self.tiles.get((str(level), number), [])
                needed = min(256, count - 256 * number)
                if needed > 0 and needed not in widths and 256 not in widths:
                    self.fault("file-altered", f"tile/{level} {number} of width {needed} is missing")
                for width in widths:
                    expected = hashes.get(number, [])[:width]
                    data = self.tile(str(level), number, width)
                    if data == b"".join(expected) and len(expected) == width:
                        if width == 256:
                            full[number] = Tree(expected).root()
                        continue
                    code, leaf = "file-altered", None
                    standing = needed if needed in widths else 256
                    if level == 0 and 0 < needed and width == standing and len(data) == 32 * len(expected):
                        differing = [i for i, value in enumerate(expected) if data[32 * i : 32 * i + 32] != value]
                        code, leaf = "leaf-altered", 256 * number + differing[0]
                    self.fault(code, f"tile/{level} {number} of width {width} is not what follows from below", leaf)
                if number not in full and needed == 256 and len(hashes.get(number, ())) == 256:
                    full[number] = Tree(hashes[number]).root()
            above: Dict[int, List[bytes]] = defaultdict(list)
            for number in sorted(full):
                if len(above[number // 256]) == number % 256:
                    above[number // 256].append(full[number])
            level, count, hashes = level + 1, count // 256, above

    def _read_bodies(self, number: int, size: int, bundle: List[bytes]) -> None:
        data = self.read(f"bodies/{groups_of(number)}", 256 * 2**20)
        lines = data.split(b"\n")
        needed = min(256, size - 256 * number)
        if lines.pop() != b"" or not max(1, needed) <= len(lines) <= len(bundle):
            self.fault("file-altered", f"bodies {number}: the lines are not those of the leaves")
            return
        for i, line in enumerate(lines):
            if line and i < needed:
                self.bodies[256 * number + i] = line
            elif line and sha256(line).hex().encode() not in bundle[i]:
                self.fault("file-altered", f"bodies {number}: line {i} is of no entry")

    def _compare_notes(self, size: int, bundles: Dict[int, List[bytes]]) -> None:
        def expected(i: int) -> Optional[bytes]:
            bundle = bundles.get(i // 256, [])
            return b"leaf %d\n%s\n" % (i, bundle[i % 256]) if i % 256 < len(bundle) else None

        at = 0
        for day in sorted(self.days):
            data, place = self.read(f"notes/{day}.txt", 2**30), 0
            if not data and at < size:
                self.fault("file-altered", f"notes/{day}.txt is empty")
            while place < len(data):
                text = expected(at)
                if text is None or not data.startswith(text, place):
                    if at >= size and text is not None and day == max(self.days) and text.startswith(data[place:]):
                        break
                    self.fault("file-altered", f"notes/{day}.txt does not hold leaf {at}")
                    return
                place += len(text)
                at += 1
        if at < size:
            self.fault("file-altered", f"the notes end before leaf {at}")


# --- Section 9, docs/market.md: clearings ----------------------------------------------------------------------------


class Order:
    """An order of the book: `wh` is what is left of it for the rule."""

    def __init__(self, leaf: int, record: str, member: str, body: Json) -> None:
        self.leaf, self.id, self.member = leaf, record, member
        self.side: str = body["side"]
        self.wh: int = body["wh"]
        self.limit: int = body["limit"]
        self.renewable: bool = body.get("renewable", False)
        self.wish: Optional[Dict[str, Json]] = body.get("preference")
        self.filled = 0

    def rest(self) -> Order:
        copy = Order.__new__(Order)
        copy.__dict__.update(self.__dict__)
        copy.wh, copy.filled = self.wh - self.filled, 0
        return copy


Place = Tuple[str, str]  # feeder, substation
Places = Dict[str, Place]
# Buyer, seller, Wh, the buyer's price, the seller's, network fee.
Pair = Tuple[str, str, int, Optional[int], Optional[int], Optional[int]]


class Auction(NamedTuple):
    interval: int
    orders: List[Order]
    members: Set[str]
    areas: List[Json]
    places: Optional[Places]
    cancels: List[Tuple[str, int]]  # order, how many orders stand before the cancel: for continuous/1

    def rotation(self) -> List[str]:
        return rotated(self.members, self.interval)


class Clearing:
    def __init__(self) -> None:
        self.volume = 0
        self.price: Optional[int] = None
        self.low: Optional[int] = None
        self.high: Optional[int] = None
        self.pairs: List[Pair] = []
        self.areas: List[List[Json]] = []


def rotated(members: Iterable[str], interval: int) -> List[str]:
    """Members by id, beginning with number (quarter hours + days since 1970) mod members."""
    ordered = sorted(members)
    start = (interval + interval // 96) % len(ordered) if ordered else 0
    return ordered[start:] + ordered[:start]


def shares(weights: List[int], amount: int) -> List[int]:
    """Pro rata: the floor, then single Wh to the largest remainders, equal ones to who comes first."""
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    result = [amount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in by_remainder[: amount - sum(result)]:
        result[i] += 1
    return result


def fill(orders: Iterable[Order], amount: int) -> None:
    """One after the other, in order of id."""
    for order in sorted(orders, key=lambda order: order.id):
        order.filled = min(order.wh, amount)
        amount -= order.filled


def lay(buyers: List[Tuple[str, int]], sellers: List[Tuple[str, int]]) -> List[Tuple[str, str, int]]:
    """Both sides end to end: every overlap."""
    result, j, left = [], 0, sellers[0][1] if sellers else 0
    for buyer, wanted in buyers:
        while wanted > 0 and j < len(sellers):
            wh = min(wanted, left)
            if wh:
                result.append((buyer, sellers[j][0], wh))
            wanted, left = wanted - wh, left - wh
            if left == 0:
                j += 1
                left = sellers[j][1] if j < len(sellers) else 0
    return result


Grouping = Callable[[str], Json]


def rounds_of(places: Optional[Places]) -> List[Grouping]:
    """Within each feeder, then each substation, then among all."""
    if places is None:
        return [lambda member: 0]
    known = places

    def place(member: str) -> Place:
        return known.get(member, ("", member))

    return [place, lambda member: place(member)[1], lambda member: 0]


def pair_up(net: Dict[str, int], rotation: List[str], rounds: List[Grouping]) -> List[Tuple[str, str, int]]:
    """Who supplied whom, round by round. Groups come in the order of their first buyer; None is of no group."""
    result = []
    for key in rounds:
        groups: Dict[Json, List[Tuple[str, int]]] = {}
        for member in rotation:
            if net.get(member, 0) > 0 and key(member) is not None:
                groups.setdefault(key(member), []).append((member, net[member]))
        sellers: Dict[Json, List[Tuple[str, int]]] = defaultdict(list)
        for member in rotation:
            if net.get(member, 0) < 0:
                sellers[key(member)].append((member, -net[member]))
        for group, buyers in groups.items():
            for buyer, seller, wh in lay(buyers, sellers[group]):
                net[buyer] -= wh
                net[seller] += wh
                result.append((buyer, seller, wh))
    return result


def net_of(orders: Iterable[Order]) -> Dict[str, int]:
    net: Dict[str, int] = defaultdict(int)
    for order in orders:
        net[order.member] += order.filled if order.side == "buy" else -order.filled
    return net


def sides(orders: List[Order]) -> Tuple[List[Order], List[Order]]:
    return [o for o in orders if o.side == "buy"], [o for o in orders if o.side == "sell"]


def volume_of(buys: List[Order], sells: List[Order]) -> int:
    """The largest min(demand at limit >= p, supply at limit <= p)."""
    demand, supply, best = sum(order.wh for order in buys), 0, 0
    falling, rising = sorted(buys, key=lambda o: o.limit), sorted(sells, key=lambda o: o.limit)
    i = j = 0
    for price in sorted({order.limit for order in buys + sells}):
        while j < len(rising) and rising[j].limit <= price:
            supply += rising[j].wh
            j += 1
        while i < len(falling) and falling[i].limit < price:
            demand -= falling[i].wh
            i += 1
        best = max(best, min(demand, supply))
    return best


def accept(orders: List[Order], sign: int, volume: int, rotation: List[str]) -> None:
    """Fills one side from its best limit on; the step that does not fit is shared among its members."""
    steps: Dict[int, List[Order]] = defaultdict(list)
    for order in orders:
        steps[order.limit].append(order)
    for limit in sorted(steps, reverse=sign > 0):
        amount = min(volume, sum(order.wh for order in steps[limit]))
        share_out(steps[limit], amount, rotation)
        volume -= amount


def share_out(orders: List[Order], amount: int, rotation: List[str]) -> None:
    """Among members, in proportion to what they have in it; each member's share fills its orders in order of id."""
    of: Dict[str, List[Order]] = defaultdict(list)
    for order in orders:
        of[order.member].append(order)
    present = [member for member in rotation if member in of]
    for member, share in zip(present, shares([sum(o.wh for o in of[m]) for m in present], amount)):
        fill(of[member], share)


def uniform_fills(auction: Auction) -> Clearing:
    result, rotation = Clearing(), auction.rotation()
    buys, sells = sides(auction.orders)
    result.volume = volume_of(buys, sells)
    accept(buys, 1, result.volume, rotation)
    accept(sells, -1, result.volume, rotation)
    return result


def uniform_price(auction: Auction) -> Clearing:
    result = uniform_fills(auction)
    if result.volume == 0:
        return result
    buys, sells = sides(auction.orders)
    low = [o.limit for o in sells if o.filled] + [o.limit for o in buys if o.filled < o.wh]
    high = [o.limit for o in buys if o.filled] + [o.limit for o in sells if o.filled < o.wh]
    result.low, result.high = max(low), min(high)
    price = result.price = (result.low + result.high) // 2
    found = pair_up(net_of(auction.orders), auction.rotation(), rounds_of(auction.places))
    result.pairs = [(buyer, seller, wh, price, price, None) for buyer, seller, wh in found]
    return result


def merged(trades: Iterable[Tuple[str, str, int, int]]) -> List[Pair]:
    """One pair per two members and price, where they first met; nobody with itself."""
    sums: Dict[Tuple[str, str, int], int] = {}
    for buyer, seller, wh, price in trades:
        if buyer != seller:
            sums[buyer, seller, price] = sums.get((buyer, seller, price), 0) + wh
    return [(buyer, seller, wh, price, price, None) for (buyer, seller, price), wh in sums.items()]


def pay_as_bid(auction: Auction) -> Clearing:
    result = uniform_fills(auction)
    rank = {member: i for i, member in enumerate(auction.rotation())}
    buys, sells = sides([order for order in auction.orders if order.filled])
    buys.sort(key=lambda o: (-o.limit, rank[o.member], o.id))
    sells.sort(key=lambda o: (o.limit, rank[o.member], o.id))
    limits = {str(i): order for i, order in enumerate(buys)}
    sellers = [(o.member, o.filled) for o in sells]
    found = lay([(str(i), o.filled) for i, o in enumerate(buys)], sellers)
    result.pairs = merged((limits[i].member, seller, wh, limits[i].limit) for i, seller, wh in found)
    return result


def continuous(auction: Auction) -> Clearing:
    """In the order of the log: who comes meets the best of the other side, each at the limit of who was there."""
    result, trades = Clearing(), []
    standing: Dict[str, List[Order]] = {"buy": [], "sell": []}
    cancels: Dict[int, List[str]] = defaultdict(list)
    for record, before in auction.cancels:
        cancels[before].append(record)
    for count, order in enumerate(auction.orders):
        for record in cancels[count]:
            for side in standing.values():
                side[:] = [other for other in side if other.id != record]
        sign = 1 if order.side == "buy" else -1
        others = standing["sell" if sign > 0 else "buy"]
        while order.filled < order.wh and others:
            best = min(others, key=lambda other: sign * other.limit)  # the first of equal ones: the earliest
            if sign * best.limit > sign * order.limit:
                break
            wh = min(order.wh - order.filled, best.wh - best.filled)
            order.filled += wh
            best.filled += wh
            result.volume += wh
            buyer, seller = (order, best) if sign > 0 else (best, order)
            trades.append((buyer.member, seller.member, wh, best.limit))
            if best.filled == best.wh:
                others.remove(best)
        if order.filled < order.wh:
            standing[order.side].append(order)
    result.pairs = merged(trades)
    return result


def trade_reduction(auction: Auction) -> Clearing:
    result, rotation = Clearing(), auction.rotation()
    rank = {member: i for i, member in enumerate(rotation)}
    buys, sells = sides(auction.orders)
    volume = volume_of(buys, sells)
    before: List[List[Order]] = []
    prices: List[int] = []
    for orders, sign in ((buys, 1), (sells, -1)):
        lots: Dict[Tuple[int, int], List[Order]] = defaultdict(list)
        for order in orders:
            lots[-sign * order.limit, rank[order.member]].append(order)
        kept: List[Order] = []
        left = volume
        for key in sorted(lots):
            left -= sum(order.wh for order in lots[key])
            if left <= 0:
                prices.append(-sign * key[0])
                break
            kept += lots[key]
        before.append(kept)
    if volume == 0:
        return result
    result.volume = min(sum(order.wh for order in kept) for kept in before)
    if result.volume == 0:
        return result
    result.high, result.low = prices
    for kept in before:
        share_out(kept, result.volume, rotation)
    found = pair_up(net_of(auction.orders), rotation, rounds_of(auction.places))
    result.pairs = [(buyer, seller, wh, result.high, result.low, None) for buyer, seller, wh in found]
    return result


# docs/market-zonal.md


class Part:
    """What a member, or an area below, has in one step."""

    def __init__(self, orders: List[Order], area: Optional[Area], wh: int, turn: int) -> None:
        self.orders, self.area, self.wh, self.turn = orders, area, wh, turn


class Step:
    """Wh worth the same, of the same kind, seen from one area."""

    def __init__(self, worth: int, sell: bool) -> None:
        self.worth, self.sell = worth, sell
        self.parts: List[Part] = []
        self.wh = self.taken = 0

    def add(self, part: Part) -> None:
        self.parts.append(part)
        self.wh += part.wh


class Area:
    """One area: its net-demand curve from below, what it takes in, its price."""

    def __init__(self, area: Json, members: Set[str]) -> None:
        self.id: str = area["id"]
        self.fee: int = area["fee"]
        self.limits: Tuple[Optional[int], Optional[int]] = (area["importWh"], area["exportWh"])
        self.members = members
        self.children: List[Area] = []
        self.steps: List[Step] = []
        self.start = self.first = self.flow = self.rent = 0
        self.price: Optional[int] = None
        self.turn = 0

    def everyone(self) -> Set[str]:
        return self.members.union(*(child.everyone() for child in self.children))

    def curve(self, orders: Dict[str, List[Order]], rank: Dict[str, int]) -> List[Tuple[int, bool, int]]:
        """Makes the steps; returns them as they are seen from above: worth, kind, Wh."""
        steps: Dict[Tuple[int, bool], Step] = {}

        def step(worth: int, sell: bool) -> Step:
            return steps.setdefault((-worth, sell), Step(worth, sell))

        for member in self.members:
            lots: Dict[Tuple[int, bool], List[Order]] = defaultdict(list)
            for order in orders.get(member, ()):
                lots[order.limit, order.side == "sell"].append(order)
                self.start -= order.wh if order.side == "sell" else 0
            for (limit, sell), lot in lots.items():
                step(limit, sell).add(Part(lot, None, sum(order.wh for order in lot), rank[member]))
        self.turn = min((rank[member] for member in self.everyone() if member in rank), default=len(rank))
        for child in self.children:
            together: Dict[Tuple[int, bool], int] = defaultdict(int)
            for worth, sell, wh in child.curve(orders, rank):
                together[worth, sell] += wh
            self.start += child.first
            for (worth, sell), wh in together.items():
                step(worth, sell).add(Part([], child, wh, child.turn))
        self.steps = [steps[key] for key in sorted(steps)]
        into, out = self.limits
        self.first = self.start if out is None else max(self.start, -out)
        at, seen = self.start, []
        for entry in self.steps:
            for low, high, worth in ((-(10**30), 0, entry.worth + self.fee), (0, 10**30, entry.worth - self.fee)):
                begin = max(at, low, self.first)
                end = min(at + entry.wh, high, 10**30 if into is None else into)
                if begin < end:
                    seen.append((worth, entry.sell, end - begin))
            at += entry.wh
        return seen

    def take(self, flow: int) -> None:
        """Takes steps until so much comes in, and tells the areas below."""
        self.flow = flow
        left = flow - self.start
        inner: Dict[str, int] = defaultdict(int)
        for step in self.steps:
            step.taken = min(step.wh, left)
            left -= step.taken
            parts = sorted(step.parts, key=lambda part: part.turn)
            traded = step.wh - step.taken if step.sell else step.taken
            for part, share in zip(parts, shares([part.wh for part in parts], traded)):
                if part.area is None:
                    fill(part.orders, share)
                else:
                    inner[part.area.id] += part.wh - share if step.sell else share
        for child in self.children:
            child.take(child.first + inner[child.id])

    def supported(self) -> Tuple[Optional[int], Optional[int]]:
        """The prices that support what happens here: from the best step not taken to the last that is."""
        lows = [step.worth for step in self.steps if step.taken < step.wh]
        highs = [step.worth for step in self.steps if step.taken > 0]
        return max(lows, default=None), min(highs, default=None)

    def set_price(self, above: Optional[Area]) -> None:
        """Midway at the root; below the nearest to what comes from above, among those that support what happens."""
        low, high = self.supported()
        if above is not None and above.price is not None:
            sign = (self.flow > 0) - (self.flow < 0)
            price = above.price + sign * self.fee
            if low is not None:
                price = max(price, low)
            if high is not None:
                price = min(price, high)
            self.price = price
            if sign:
                self.rent = sign * (price - above.price) - self.fee
        elif high is not None and low is not None:
            self.price = (low + high) // 2
        for child in self.children:
            child.set_price(self)


def zonal(auction: Auction) -> Clearing:
    result, rotation = Clearing(), auction.rotation()
    rank = {member: i for i, member in enumerate(rotation)}
    described = auction.areas or [{"id": "", "parent": None, "importWh": None, "exportWh": None, "fee": 0}]
    of: Dict[str, List[Order]] = defaultdict(list)
    for order in auction.orders:
        of[order.member].append(order)
    home = {member: auction.places[member][0] if auction.places else "" for member in of}
    areas = {area["id"]: Area(area, {m for m in home if home[m] == area["id"]}) for area in described}
    parents = {area["id"]: area["parent"] for area in described}
    for area_id, parent in parents.items():
        if parent is not None:
            areas[parent].children.append(areas[area_id])
    root = next(areas[area_id] for area_id, parent in parents.items() if parent is None)
    root.curve(of, rank)
    root.take(0)
    result.volume = sum(order.filled for order in auction.orders if order.side == "buy")
    if result.volume:
        root.set_price(None)
        result.price = root.price
        if root.price is not None:
            result.low, result.high = root.supported()
    levels = [[root]]
    while levels[-1]:
        levels.append([child for area in levels[-1] for child in sorted(area.children, key=lambda child: child.id)])
    if auction.areas:
        result.areas = [[area.id, area.price, area.flow, area.rent] for level in levels for area in level]
    paths: Dict[str, List[str]] = {}  # of each member, from the root down to its area
    for member, at in home.items():
        path: List[str] = []
        above: Optional[str] = at
        while above is not None:
            path.insert(0, above)
            above = parents[above]
        paths[member] = path

    def within(depth: int) -> Grouping:
        return lambda member: paths[member][depth] if member in paths and depth < len(paths[member]) else None

    rounds = [within(depth) for depth in reversed(range(len(levels)))]
    for buyer, seller, wh in pair_up(net_of(auction.orders), rotation, rounds):
        fee = sum(areas[area].fee for area in set(paths[buyer]) ^ set(paths[seller]))
        result.pairs.append((buyer, seller, wh, areas[home[buyer]].price, areas[home[seller]].price, fee))
    return result


MARKETS: Dict[str, Callable[[Auction], Clearing]] = {
    "uniform-price/1": uniform_price,
    "pay-as-bid/1": pay_as_bid,
    "continuous/1": continuous,
    "trade-reduction/1": trade_reduction,
    "zonal/1": zonal,
}


# docs/market.md, preferences


class Lot:
    """What a member has on one side at one limit with the same wish."""

    def __init__(self, order: Order, places: Optional[Places]) -> None:
        self.member, self.limit, self.wish, self.renewable = order.member, order.limit, order.wish, order.renewable
        self.place = places.get(order.member) if places is not None else None
        self.orders: List[Order] = []

    def left(self) -> int:
        return sum(order.wh - order.filled for order in self.orders)

    def wishes(self, other: Lot) -> bool:
        wish = self.wish
        if wish is None:
            return False
        if wish["from"] == "partners":
            return other.member in wish["partners"]
        if wish["from"] == "feeder":
            return self.place is not None and self.place == other.place
        return other.renewable

    def accepts(self, other: Lot) -> bool:
        return self.wish is None or self.wish["mode"] != "only" or self.wishes(other)

    def order_key(self) -> Tuple[Json, ...]:
        if self.wish is None:
            return 2, 0, [], self.renewable
        modes, origins = {"only": 0, "first": 1}, {"partners": 0, "feeder": 1, "renewable": 2}
        return modes[self.wish["mode"]], origins[self.wish["from"]], self.wish["partners"], self.renewable


def meet_preferred(auction: Auction, areas_apart: bool) -> List[List[Json]]:
    """Three rounds: partners, feeder, renewable. Fills orders; returns the entries of `preferred`."""
    rank = {member: i for i, member in enumerate(auction.rotation())}
    lots: Dict[str, List[Lot]] = {}
    for side, sign in (("buy", -1), ("sell", 1)):
        found: Dict[Json, Lot] = {}
        for order in auction.orders:
            if order.side == side:
                key = (order.member, order.limit, canonical(order.wish), order.renewable)
                found.setdefault(key, Lot(order, auction.places)).orders.append(order)
        lots[side] = sorted(found.values(), key=lambda lot: (sign * lot.limit, rank[lot.member], *lot.order_key()))
        for lot in lots[side]:
            lot.orders.sort(key=lambda order: order.id)
    result: List[List[Json]] = []
    for origin in ("partners", "feeder", "renewable"):
        for buy in lots["buy"]:
            for sell in lots["sell"]:
                if buy.limit < sell.limit or buy.left() == 0:
                    break
                for_this = (buy.wish is not None and buy.wish["from"] == origin and buy.wishes(sell)) or (
                    sell.wish is not None and sell.wish["from"] == origin and sell.wishes(buy)
                )
                if not for_this or buy.member == sell.member or not buy.accepts(sell) or not sell.accepts(buy):
                    continue
                if areas_apart and buy.place != sell.place:
                    continue
                meet(buy, sell, result)
    return result


def meet(buy: Lot, sell: Lot, result: List[List[Json]]) -> None:
    price = (buy.limit + sell.limit) // 2
    for taker in buy.orders:
        for giver in sell.orders:
            wh = min(taker.wh - taker.filled, giver.wh - giver.filled)
            if wh:
                taker.filled += wh
                giver.filled += wh
                result.append([taker.leaf, giver.leaf, taker.member, giver.member, wh, price])


def clear(rule: str, version: int, auction: Auction) -> Dict[str, Json]:
    """The fields of a clearing record."""
    if rule not in MARKETS or (version == 1 and rule != "uniform-price/1"):
        raise NoResult(f"{rule} is no rule of version {version}")
    count, preferred = len(auction.orders), []
    if any(order.wish is not None for order in auction.orders):
        taken_back = {record for record, _ in auction.cancels}
        standing = auction._replace(orders=[order for order in auction.orders if order.id not in taken_back])
        preferred = meet_preferred(standing, rule == "zonal/1" and bool(auction.areas))
        kept: List[Order] = []
        before = [0]  # of each place in the book, how many orders of the rest stand before it
        for order in auction.orders:
            rest = order.rest()
            if rest.wh and not (order.wish is not None and order.wish["mode"] == "only"):
                kept.append(rest)
            before.append(len(kept))
        auction = auction._replace(orders=kept, cancels=[(record, before[place]) for record, place in auction.cancels])
    found = MARKETS[rule](auction)
    fitting(found.volume)
    result: Dict[str, Json] = {
        "rule": rule,
        "orders": count,
        "volumeWh": found.volume,
        "price": found.price,
        "priceLow": found.low,
        "priceHigh": found.high,
        "fills": [[order.leaf, order.filled] for order in auction.orders if order.filled],
        "pairs": [list(pair if version == 2 else pair[:3]) for pair in found.pairs],
    }
    if version == 2:
        result.update(areas=found.areas, preferred=preferred)
    return result


def fitting(number: int) -> int:
    if abs(number) > MAX:
        raise NoResult("a number beyond 2^53 - 1")
    return number


# --- docs/settlement.md: tariff documents ----------------------------------------------------------------------------

DAYS = {name: [i] for i, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
DAYS.update(weekdays=[0, 1, 2, 3, 4], weekends=[5, 6], holidays=[7])
BALANCING = ("supplier/1", "penalty/1", "pooled/1")
QUARTER_OF_CLOCK = text_of(r"([01][0-9]|2[0-3]):(00|15|30|45)|24:00")
Timetable = Dict[Tuple[str, int, int], int]  # first day of a part of the year, kind of day, quarter hour: price


def some(**checks: Check) -> Callable[..., Check]:
    """Fields of which those named with `optional` may be absent."""

    def with_optional(**optional: Check) -> Check:
        def check(value: Json) -> bool:
            if not isinstance(value, dict) or not checks.keys() <= value.keys() <= {*checks, *optional}:
                return False
            return all({**checks, **optional}[name](value[name]) for name in value)

        return check

    return with_optional


def is_zone(value: Json) -> bool:
    if not text_of(r"[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")(value):
        return False
    try:
        ZoneInfo(value)
        return True
    except (KeyError, ValueError, OSError):
        return False


def is_rate_name(value: Json) -> bool:
    return units16(1, 80)(value) and len(value) <= 40 and bool(value.replace("\ufeff", "").strip()) and not any(
        unicodedata.category(char) in ("Cc", "Cs") for char in value
    )


def is_energy_price(value: Json) -> bool:
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "fixed":
        return fields(kind=one_of("fixed"), price=PRICE)(value)
    if kind == "dynamic":
        return some(kind=one_of("dynamic"))(factorPpm=whole(0, 10**9), markup=PRICE, floor=PRICE)(value)
    day_of_year: Check = lambda v: isinstance(v, str) and is_day("2024-" + v)
    window = some()(
        days=list_of(one_of(*DAYS), least=1),
        **{"from": QUARTER_OF_CLOCK, "to": QUARTER_OF_CLOCK},
        season=fields(**{"from": day_of_year, "to": day_of_year}),
    )
    rate = some(price=PRICE)(name=is_rate_name, windows=list_of(window, least=1))
    return fields(kind=one_of("time-of-use"), rates=list_of(rate, least=1))(value)


PERIOD = some(**{"from": is_day, "import": is_energy_price, "feedIn": is_energy_price})(
    until=is_day,
    networkFee=some()(feeder=PRICE, substation=PRICE, beyond=PRICE),
    levies=PRICE,
    vatBasisPoints=whole(0, 10**6),
    feedInVatBasisPoints=whole(0, 10**6),
    balancing=some(rule=one_of(*BALANCING))(penalty=whole(0, 10**12)),
    capacity=some(price=whole(0, 10**12 // 4))(freeW=lambda v: COUNT(v) and v % 4 == 0),
)
TARIFF = some(timeZone=is_zone, periods=list_of(PERIOD, least=1))(holidays=list_of(is_day))


def timetable(rates: List[Json], holidays: bool) -> Timetable:
    """At every quarter hour of every kind of day exactly one rate. Raises ValueError."""
    windows = [window for rate in rates for window in rate.get("windows", ())]
    starts = {"01-01"}
    for window in windows:
        if "season" in window:
            last = datetime(2024, int(window["season"]["to"][:2]), int(window["season"]["to"][3:]))
            starts |= {window["season"]["from"], (last + timedelta(days=1)).strftime("%m-%d")}
    table: Timetable = {}
    for rate in rates:
        for window in rate.get("windows", ()):
            clocks = window.get("from", "00:00"), window.get("to", "24:00")
            begin, end = (int(clock[:2]) * 4 + int(clock[3:]) // 15 for clock in clocks)
            if begin == end or begin == 96:
                raise ValueError("a window that is no time at all")
            quarters = [q for q in range(96) if (begin <= q < end if begin < end else begin <= q or q < end)]
            days = {day for name in window["days"] for day in DAYS[name]} if "days" in window else range(8)
            for start in starts:
                if "season" in window:
                    first, last_day = window["season"]["from"], window["season"]["to"]
                    inside = first <= start <= last_day if first <= last_day else start >= first or start <= last_day
                    if not inside:
                        continue
                for key in ((start, day, quarter) for day in days for quarter in quarters):
                    if key in table:
                        raise ValueError("two rates hold at one time")
                    table[key] = rate["price"]
    rest = [rate["price"] for rate in rates if "windows" not in rate]
    if len(rest) > 1:
        raise ValueError("two rates without windows")
    kinds = range(8 if holidays else 7)
    for key in ((start, day, quarter) for start in starts for day in kinds for quarter in range(96)):
        if key not in table:
            if not rest:
                raise ValueError("no rate holds at some time")
            table[key] = rest[0]
    return table


def number_in(text: str) -> Json:
    """JSON as every reader has it: 1.0 and 1e3 are whole."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) <= MAX else number


class Tariff:
    """A tariff document. Raises ValueError where it cannot be read."""

    def __init__(self, text: str) -> None:
        value = json.loads(text, parse_float=number_in, parse_constant=no_float)
        if not TARIFF(value):
            raise ValueError("a field of the tariff is missing, unknown or not of its form")
        self.zone = ZoneInfo(value["timeZone"])
        self.holidays: List[str] = value.get("holidays", [])
        self.periods: List[Json] = value["periods"]
        if len(set(self.holidays)) < len(self.holidays):
            raise ValueError("a holiday stands twice")
        for period in self.periods:
            if "until" in period and period["until"] <= period["from"]:
                raise ValueError("a period ends before it begins")
            balancing = period.get("balancing", {})
            if "penalty" in balancing and balancing["rule"] != "penalty/1":
                raise ValueError("a penalty that the balancing rule does not know")
        for before, after in zip(self.periods, self.periods[1:]):
            if after["from"] <= before["from"] or before.get("until", after["from"]) != after["from"]:
                raise ValueError("periods leave a gap, or overlap")
        self.tables = [
            {
                side: timetable(period[side]["rates"], bool(self.holidays))
                for side in ("import", "feedIn")
                if period[side]["kind"] == "time-of-use"
            }
            for period in self.periods
        ]

    def local(self, interval: int) -> datetime:
        return datetime.fromtimestamp(interval * 900, timezone.utc).astimezone(self.zone)

    def at(self, interval: int, exchange: Optional[int]) -> Dict[str, Json]:
        """What the record of a settlement says. Raises NoResult."""
        try:
            local, after = self.local(interval), self.local(interval + 1)
        except (OverflowError, ValueError, OSError):
            raise NoResult("beyond what time zones say") from None
        date = local.strftime("%Y-%m-%d").zfill(10)
        found = [i for i, period in enumerate(self.periods) if period["from"] <= date]
        period = self.periods[found[-1]] if found else {"until": ""}
        if date >= period.get("until", "9999-99-99"):
            raise NoResult(f"no tariff on {date}")
        kind_of_day = 7 if date in self.holidays else local.weekday()

        def price(side: str) -> int:
            given = period[side]
            if given["kind"] == "fixed":
                return given["price"]
            if given["kind"] == "time-of-use":
                table = self.tables[found[-1]][side]
                part = max(start for start, _, _ in table if start <= date[5:])
                return table[part, kind_of_day, (local.hour * 60 + local.minute) // 15]
            if exchange is None:
                raise NoResult("the price of the quarter hour is not there")
            made = exchange * given.get("factorPpm", 10**6) // 10**6 + given.get("markup", 0)
            return max(made, given["floor"]) if "floor" in given else made

        capacity = period.get("capacity")
        balancing = period.get("balancing", {"rule": "supplier/1"})
        return full_tariffs(
            price("import"),
            price("feedIn"),
            networkFee={name: period.get("networkFee", {}).get(name, 0) for name in ("feeder", "substation", "beyond")},
            levies=period.get("levies", 0),
            vatBasisPoints=period.get("vatBasisPoints", 0),
            feedInVatBasisPoints=period.get("feedInVatBasisPoints", 0),
            balancing=balancing["rule"],
            penalty=balancing.get("penalty", 0),
            capacity=capacity
            and {
                "month": date[:7],
                "price": capacity["price"],
                "freeW": capacity.get("freeW", 0),
                "due": (after.year, after.month) != (local.year, local.month),
            },
        )


def full_tariffs(bought: int, fed_in: int, **others: Json) -> Dict[str, Json]:
    return {
        **{"import": bought, "feedIn": fed_in, "levies": 0, "vatBasisPoints": 0, "feedInVatBasisPoints": 0},
        **{"networkFee": {"feeder": 0, "substation": 0, "beyond": 0}, "balancing": "supplier/1", "penalty": 0},
        **{"capacity": None},
        **others,
    }


DOCUMENTS: Dict[str, Optional[Tariff]] = {}


def tariff_of(text: str) -> Tariff:
    if text not in DOCUMENTS:
        try:
            DOCUMENTS[text] = Tariff(text)
        except (ValueError, RecursionError):
            DOCUMENTS[text] = None
    found = DOCUMENTS[text]
    if found is None:
        raise NoResult("the tariff document cannot be read")
    return found


# --- Section 10, docs/settlement.md: bills ---------------------------------------------------------------------------

Energy = Tuple[Optional[int], Optional[int], str]  # import, export, quality
Peaks = Dict[Tuple[str, str], int]  # month, member: Wh


class Terms(NamedTuple):
    """What a bill follows from, besides energy."""

    interval: int
    tariffs: Dict[str, Json]
    places: Optional[Places]
    preferred: List[Tuple[str, str, int, int]]  # buyer, seller, Wh, price
    pairs: List[Pair]
    lines_have_fees: bool  # of zonal/1


class Bill:
    """Lines and rows of one interval."""

    def __init__(self, terms: Terms, energy: Dict[str, Energy], peaks: Peaks) -> None:
        self.terms, self.tariffs = terms, terms.tariffs
        self.lines: List[Dict[str, Json]] = []
        self.rows: Dict[str, Dict[str, Json]] = {}
        self.peaks = dict(peaks)
        self._trades()
        members = set(energy)
        for name in ("bought", "sold"):
            members |= {member for side, member in self.traded if side == name}
        deviations: Dict[str, int] = {}
        for member in members:
            imported, exported, _ = energy.get(member, (None, None, "missing"))
            if imported is not None and exported is not None:
                position = self.traded["bought", member] - self.traded["sold", member]
                deviations[member] = fitting(imported - exported - position)
                self._note_peak(member, imported - exported)
        due = self._due()
        pooled: Dict[str, int] = defaultdict(int)
        if self.tariffs["balancing"] == "pooled/1":
            pooled = self._pool(deviations, members)
        for member in sorted(members | set(due)):
            rest = deviations.get(member, 0) - pooled[member]
            self._balance(member, deviations.get(member, 0), rest)
            self._capacity(member, due.get(member, 0))
            imported, exported, quality = energy.get(member, (None, None, "missing"))
            self.rows[member] = {
                "member": member,
                "importWh": imported,
                "exportWh": exported,
                "quality": quality,
                "boughtWh": fitting(self.traded["bought", member]),
                "soldWh": fitting(self.traded["sold", member]),
                "poolBoughtWh": max(0, pooled[member]),
                "poolSoldWh": max(0, -pooled[member]),
                "supplierWh": max(0, rest),
                "feedInWh": max(0, -rest),
                "amount": 0,
            }
        for line in self.lines:
            for name, sign in (("account", 1), ("counterAccount", -1)):
                if line[name].startswith("member/"):
                    found = self.rows[line[name][7:]]
                    found["amount"] = fitting(found["amount"] + sign * line["amount"])

    def _line(self, account: str, counter: str, wh: int, price: int, code: str, amount: Optional[int] = None) -> int:
        value = fitting(wh * price if amount is None else amount)
        line = {"account": account, "counterAccount": counter, "wh": fitting(wh), "price": price}
        self.lines.append({**line, "amount": value, "code": code})
        return value

    def _charges(self, buyer: str, wh: int, amount: int, fee: int) -> None:
        """On bought energy: network fee, levies, VAT on all together."""
        for price, counter, code in ((fee, "network", "network-fee"), (self.tariffs["levies"], "tax", "levies")):
            if wh * price:
                amount += self._line(f"member/{buyer}", counter, wh, price, code)
        self._vat(f"member/{buyer}", amount, self.tariffs["vatBasisPoints"])

    def _vat(self, account: str, amount: int, basis_points: int) -> None:
        vat = abs(amount) * basis_points // 10000 * (1 if amount > 0 else -1)
        if vat:
            self._line(account, "tax", 0, 0, "vat", vat)

    def _fee(self, one: str, other: str) -> int:
        places = self.terms.places or {}
        distance = "beyond"
        if one in places and other in places and places[one][1] == places[other][1]:
            distance = "feeder" if places[one] == places[other] else "substation"
        return self.tariffs["networkFee"][distance]

    def _trades(self) -> None:
        self.traded: Dict[Tuple[str, str], int] = defaultdict(int)
        together: Dict[Tuple[str, str, int], int] = defaultdict(int)
        for buyer, seller, wh, price in self.terms.preferred:
            together[buyer, seller, price] += wh
        trades: List[Pair] = [
            (buyer, seller, wh, price, price, 0 if self.terms.lines_have_fees else None)
            for (buyer, seller, price), wh in together.items()
        ]
        for buyer, seller, wh, paid, got, fee in trades + self.terms.pairs:
            if paid is None or got is None:
                raise NoResult("a pair without a price")
            self.traded["bought", buyer] += wh
            self.traded["sold", seller] += wh
            amount = self._line(f"member/{buyer}", f"member/{seller}", wh, got, "trade")
            over = paid - got - (fee or 0)
            if wh * over:
                amount += self._line(f"member/{buyer}", "fund", wh, over, "fund")
            self._charges(buyer, wh, amount, self._fee(buyer, seller) if fee is None else fee)

    def _pool(self, deviations: Dict[str, int], members: Set[str]) -> Dict[str, int]:
        """What of each deviation cancels."""
        rotation = rotated(members, self.terms.interval)
        long = [member for member in rotation if deviations.get(member, 0) > 0]
        short = [member for member in rotation if deviations.get(member, 0) < 0]
        wanted, left = [deviations[m] for m in long], [-deviations[m] for m in short]
        amount = min(fitting(sum(wanted)), fitting(sum(left)))
        pooled: Dict[str, int] = defaultdict(int, zip(long, shares(wanted, amount)))
        pooled.update((member, -share) for member, share in zip(short, shares(left, amount)))
        price = (self.tariffs["import"] + self.tariffs["feedIn"]) // 2
        for buyer, seller, wh in pair_up(dict(pooled), rotation, rounds_of(self.terms.places)):
            paid = self._line(f"member/{buyer}", f"member/{seller}", wh, price, "pool")
            self._charges(buyer, wh, paid, self._fee(buyer, seller))
        return pooled

    def _balance(self, member: str, deviation: int, rest: int) -> None:
        account = f"member/{member}"
        if rest > 0:
            paid = self._line(account, "supplier", rest, self.tariffs["import"], "import")
            self._charges(member, rest, paid, self.tariffs["networkFee"]["beyond"])
        elif rest < 0:
            got = self._line("supplier", account, -rest, self.tariffs["feedIn"], "feed-in")
            self._vat("supplier", got, self.tariffs["feedInVatBasisPoints"])
        if self.tariffs["balancing"] == "penalty/1" and deviation * self.tariffs["penalty"]:
            self._line(account, "fund", abs(deviation), self.tariffs["penalty"], "penalty")

    def _note_peak(self, member: str, net: int) -> None:
        capacity = self.tariffs["capacity"]
        if capacity is not None and net > self.peaks.get((capacity["month"], member), 0):
            self.peaks[capacity["month"], member] = net

    def _due(self) -> Dict[str, int]:
        """The month's highest quarter hours above the free ones, billed now and forgotten."""
        capacity = self.tariffs["capacity"]
        if capacity is None or not capacity["due"]:
            return {}
        free = capacity["freeW"] // 4
        due = {m: max(0, wh - free) for (month, m), wh in self.peaks.items() if month == capacity["month"]}
        for member in due:
            del self.peaks[capacity["month"], member]
        return due

    def _capacity(self, member: str, wh: int) -> None:
        if wh and self.tariffs["capacity"]["price"]:
            charge = self._line(f"member/{member}", "network", wh, 4 * self.tariffs["capacity"]["price"], "capacity")
            self._vat(f"member/{member}", charge, self.tariffs["vatBasisPoints"])


def correction_of(before: Bill, now: Bill) -> Tuple[List[Json], List[Json]]:
    """Lines that no longer hold, negated; lines that hold now; rows that changed."""
    counts: Dict[str, int] = defaultdict(int)
    for line in now.lines:
        counts[canonical(line)] += 1
    gone = []
    for line in before.lines:
        counts[canonical(line)] -= 1
        if counts[canonical(line)] < 0:
            gone.append(dict(line, wh=-line["wh"], amount=-line["amount"], reverses=True))
    counts = defaultdict(int)
    for line in before.lines:
        counts[canonical(line)] += 1
    new = []
    for line in now.lines:
        counts[canonical(line)] -= 1
        if counts[canonical(line)] < 0:
            new.append(dict(line, reverses=False))
    return gone + new, [now.rows[member] for member in sorted(now.rows) if before.rows.get(member) != now.rows[member]]


# --- Sections 4 to 10: the log, leaf by leaf -------------------------------------------------------------------------


class Entry:
    """A member in the roster."""

    def __init__(self, body: Json, active: bool) -> None:
        names = ("feeder", "key", "kind", "member", "roles", "witness")
        self.values: Dict[str, Json] = {name: body[name] for name in names}
        self.active = active
        self.key = read_key(body["key"])

    def text(self) -> Dict[str, Json]:
        return dict(self.values, active=self.active)

    def changed(self, **values: Json) -> Entry:
        return Entry(dict(self.values, **values), self.active)


class Record(NamedTuple):
    leaf: int
    note: Note
    id: str
    head: Dict[str, Json]
    kind: str
    member: str
    interval: Optional[int]
    body: Optional[Dict[str, Json]]


class Rules(NamedTuple):
    body: Dict[str, Json]
    hash: str
    version: int


class Proposal:
    """New keys for a member who lost its own; it waits for approvals."""

    def __init__(self, record: str, entry: Entry) -> None:
        self.record, self.entry = record, entry
        self.approvals: Set[str] = set()
        self.accepted = False


class Seal(NamedTuple):
    """What a checkpoint after a header must hold to."""

    size: int
    log_key: Key
    witnesses: List[Key]


class Cleared(NamedTuple):
    """A clearing record, with what a bill needs of the time of its judging."""

    rules: Rules
    places: Optional[Places]
    body: Optional[Dict[str, Json]]


ENERGY_CODES = ("trade", "import", "feed-in")
HEAD = fields(bodyHash=HEX, interval=either(null, is_interval), kind=one_of(*{n.split("/")[0] for n in BODIES}),
              ledger=text_of(ORIGIN), member=NAME, time=is_time)
HEADER = fields(
    count=COUNT, first=COUNT, height=COUNT, interval=either(null, is_interval), ledger=text_of(ORIGIN), operator=NAME,
    previous=either(null, HEX), root=HEX, roster=HEX, rules=HEX, state=HEX, term=whole(1), time=is_time,
)


class Audit:
    """Reads the leaves in order. Raises Fault at the first that is bad."""

    def __init__(self, notes: List[bytes], bodies: Dict[int, bytes]) -> None:
        self.notes, self.bodies = notes, bodies
        self.tree = Tree()
        self.records = self.blocks = self.withheld = self.unchecked = 0
        self.origin = self.community = self.operator = ""
        self.log_key: Optional[Key] = None
        self.log_keys: List[Key] = []  # of all terms
        self.operators: Set[str] = set()
        self.term = 1
        self.takeovers: List[int] = []  # leaves
        self.swap: Optional[Tuple[str, str]] = None  # operator before and now, in the block of a takeover
        self.waiting: Dict[str, Proposal] = {}
        self.leaves: List[Optional[Record]] = []
        self.seals: List[Seal] = []
        self.roster: Dict[str, Entry] = {}
        self.changes: Dict[str, Entry] = {}
        self.touched: Set[str] = set()  # who has a roster record in the open block
        self.keys_ever: Dict[str, Set[bytes]] = defaultdict(set)
        self.rules: Optional[Rules] = None
        self.new_rules: Optional[Rules] = None
        self.header: Optional[Dict[str, Json]] = None
        self.previous: Optional[str] = None
        self.first = 0
        self.block_clearing: Optional[str] = None
        self.ids: Set[str] = set()
        self.kinds: Dict[str, int] = defaultdict(int)
        self.authors: Dict[str, int] = defaultdict(int)
        self.cleared: Optional[int] = None
        self.cleared_text: Optional[str] = None
        self.orders: Dict[int, List[Record]] = defaultdict(list)
        self.cancels: Dict[int, List[Tuple[Record, int]]] = defaultdict(list)  # with the number of orders before
        self.cancelled: Dict[int, Set[str]] = defaultdict(set)
        self.once: Set[Tuple[str, int, str]] = set()
        self.metered: Dict[int, Dict[str, Record]] = defaultdict(dict)
        self.prices: Dict[int, Record] = {}
        self.clouded: Set[int] = set()  # intervals of whose meters, corrections or price a body is withheld
        self.clearings: Dict[int, Cleared] = {}
        self.settlements: Dict[int, List[Record]] = defaultdict(list)
        self.peaks_before: Dict[int, Optional[Record]] = {}  # of an interval: the settlement before its first
        self.newest_settlement: Optional[Record] = None
        self.known_tariffs: List[Json] = []

    # Notes and bodies

    def parse(self, leaf: int) -> Tuple[Note, Optional[Dict[str, Json]]]:
        """The note, and what a header says."""
        try:
            note = read_note(self.notes[leaf])
            first, _, rest = note.text.partition(b"\n")
            if first != b"microgrid-header/1":
                return note, None
            value = read_json(rest[:-1])
            if not HEADER(value):
                raise ValueError("a field of the header is missing, unknown or not of its form")
            return note, value
        except ValueError as error:
            raise Fault("malformed", str(error), leaf) from None

    def record(self, leaf: int, note: Note) -> Record:
        try:
            first, _, rest = note.text.partition(b"\n")
            head = read_json(rest[:-1])
            if first != b"microgrid-record/1" or not HEAD(head):
                raise ValueError("neither a record nor a header")
            kind, interval = head["kind"], head["interval"]
            if (interval is None and kind in WITH_INTERVAL) or (interval is not None and kind in WITHOUT_INTERVAL):
                raise ValueError(f"a {kind} with such an interval")
            data, body = self.bodies.get(leaf), None
            if data is not None:
                body = read_json(data)
                if not check_body(kind, head["member"], body):
                    raise ValueError(f"the body is no {kind}")
            elif kind in NEED_BODY:
                raise Fault("missing-body", f"the body of a {kind} record is missing")
            number = None if interval is None else quarter_of(interval)
            return Record(leaf, note, sha256(note.text).hex(), head, kind, head["member"], number, body)
        except ValueError as error:
            raise Fault("malformed", str(error)) from None

    # Blocks

    def run(self) -> None:
        for leaf, data in enumerate(self.notes):
            try:
                note, header = self.parse(leaf)
                if self.header is None and leaf == 0:
                    self.genesis()
                if header is not None:
                    self.close_block(leaf, note, header)
                    self.leaves.append(None)
                else:
                    record = self.record(leaf, note)
                    self.judge(record)
                    self.leaves.append(record._replace(body=None))
            except Fault as fault:
                raise Fault(fault.code, fault.text, leaf if fault.leaf is None else fault.leaf) from None
            self.tree.append(leaf_hash(data))

    def genesis(self) -> None:
        """Takes rules, operator and keys of block 0 as it declares them; the records are judged by these afterwards."""
        records: List[Record] = []
        for leaf in range(len(self.notes)):
            note, header = self.parse(leaf)
            if header is not None:
                break
            try:
                record = self.record(leaf, note)
            except Fault as fault:
                raise Fault(fault.code, fault.text, leaf) from None
            if record.body is None:
                raise Fault("missing-body", "the body of a record of block 0 is missing", leaf)
            records.append(record)
        for leaf, record in enumerate(records):
            wanted = ("rules", "term")[leaf] if leaf < 2 else "roster"
            if record.kind != wanted:
                raise Fault("genesis", f"leaf {leaf} of block 0 must be a {wanted} record", leaf)
            assert record.body is not None
            unsorted = leaf > 2 and record.member <= records[leaf - 1].member
            if wanted == "roster" and (record.body["action"] != "join" or unsorted):
                raise Fault("genesis", "block 0 has joins alone, sorted by member", leaf)
        if len(records) < 2:
            raise Fault("genesis", "block 0 lacks its rules or its term", len(records))
        rules, term = records[0].body, records[1].body
        assert rules is not None and term is not None
        self.rules = Rules(rules, records[0].head["bodyHash"], int(rules["version"][-1]))
        self.log_key = read_key(term["key"])
        self.origin, self.operator = records[0].head["ledger"], term["operator"]
        self.community = self.origin.rpartition("/ledger/")[0]
        if self.log_key.name != self.origin or self.log_key.type != 1 or not is_strong(self.log_key.public):
            raise Fault("genesis", "the term of block 0 names no strong log key of this ledger", 1)
        if term["term"] != 1 or self.operator != records[1].member:
            raise Fault("genesis", "the first term is 1, and its operator declares it", 1)
        if "previous" in term:
            earlier, _, epoch = term["previous"]["ledger"].rpartition("/ledger/")
            if earlier != self.community or int(epoch) >= int(self.origin.rpartition("/")[2]):
                raise Fault("genesis", "the term follows a ledger that is no earlier one of this community", 1)
        self.log_keys, self.operators = [self.log_key], {self.operator}
        own = next((record for record in records[2:] if record.member == self.operator), None)
        if own is None or own.body is None:
            raise Fault("genesis", "the operator is not among the members of block 0", 1)
        self.roster = {self.operator: Entry(own.body, True)}

    def close_block(self, leaf: int, note: Note, header: Dict[str, Json]) -> None:
        assert self.log_key is not None and self.rules is not None
        require_signatures(note, [self.log_key])
        if self.header is None:
            self.roster = {}
        witnesses = self.witnesses()
        if header["previous"] != self.previous:
            raise Fault("broken-link", "the header names another header before it")
        self.roster.update(self.changes)
        for member, proposal in list(self.waiting.items()):
            if proposal.accepted:
                values = proposal.entry.values
                self.roster[member] = self.roster[member].changed(key=values["key"], witness=values["witness"])
                self.keys_ever[member].add(proposal.entry.key.public)
                del self.waiting[member]
        if self.swap is not None:
            for member, gone, come in zip(self.swap, ("operator", "standby"), ("standby", "operator")):
                roles = set(self.roster[member].values["roles"]) - {gone} | {come}
                self.roster[member] = self.roster[member].changed(roles=sorted(roles))
        self.rules = self.new_rules or self.rules
        roster = {"members": [self.roster[m].text() for m in sorted(self.roster)], "version": "roster-state/1"}
        state = {
            "cleared": self.cleared_text,
            "kinds": dict(self.kinds),
            "members": dict(self.authors),
            "records": self.records,
            "version": "state/1",
        }
        state_hash = sha256(canonical(state).encode()).hex()
        expected = {
            "count": leaf - self.first,
            "first": self.first,
            "height": self.blocks,
            "interval": self.block_clearing,
            "ledger": self.origin,
            "operator": self.operator,
            "root": self.tree.root().hex(),
            "roster": sha256(canonical(roster).encode()).hex(),
            "rules": self.rules.hash,
            "state": state_hash,
            "term": self.term,
        }
        for name, value in expected.items():
            if header[name] != value:
                raise Fault("wrong-header", f"{name} of the header is not what follows from the block")
        if self.header is not None and header["time"] < self.header["time"]:
            raise Fault("wrong-header", "the header is earlier than the one before")
        self.header, self.previous = header, sha256(note.text).hex()
        self.seals.append(Seal(leaf + 1, self.log_key, witnesses if self.blocks else self.witnesses()))
        self.touched = set()
        self.changes, self.new_rules, self.block_clearing, self.first, self.swap = {}, None, None, leaf + 1, None
        self.blocks += 1

    def witnesses(self) -> List[Key]:
        """The active entries with a witness key; of several with the same key the first."""
        found: Dict[bytes, Key] = {}
        for member in sorted(self.roster):
            entry = self.roster[member]
            if entry.active and entry.values["witness"] is not None:
                key = read_key(entry.values["witness"])
                found.setdefault(key.public, key)
        return list(found.values())

    # Records

    def active(self, member: str, role: Optional[str] = None) -> Entry:
        entry = self.roster.get(member)
        if entry is None or not entry.active:
            raise Fault("unknown-member", f"{member} is no active member")
        if role is not None and role not in entry.values["roles"]:
            raise Fault("wrong-role", f"{member} has not the role {role}")
        return entry

    def judge(self, record: Record) -> None:
        head, kind, body = record.head, record.kind, record.body
        assert self.rules is not None
        if head["ledger"] != self.origin:
            raise Fault("wrong-ledger", f"written for {head['ledger']}")
        if kind in BY_OPERATOR and record.member != self.operator:
            raise Fault("wrong-role", f"{kind} records are the operator's")
        self.check_versions(kind, body)
        if kind == "roster":
            self.change_roster(record)
        elif kind == "term" and self.header is not None:
            self.take_over(record)
        else:
            parties = [record.member]
            if kind == "trade" and body is not None:
                parties = [body["buyer"], body["seller"]]
                if record.member not in parties:
                    raise Fault("wrong-role", "a trade of others")
            role = "member" if kind in NEED_ROLE else None
            require_signatures(record.note, [self.active(member, role).key for member in parties])
        if record.id in self.ids:
            raise Fault("already-recorded", "the same record stands before")
        self.ids.add(record.id)
        check = getattr(self, "judge_" + kind, None)
        if check is not None:
            check(record)
        if body is None:
            self.withheld += 1
            if kind in ("meter", "correction", "price") and record.interval is not None:
                self.clouded.add(record.interval)
        self.records += 1
        self.kinds[kind] += 1
        self.authors[record.member] += 1

    def check_versions(self, kind: str, body: Optional[Dict[str, Json]]) -> None:
        assert self.rules is not None
        version = None if body is None else body["version"]
        if self.rules.version == 1 and (kind in ("price", "correction") or version in ("order/2", "clearing/2")):
            raise Fault("malformed", f"{version or kind} under rules/1")
        if self.rules.version == 2 and version == "clearing/1":
            raise Fault("malformed", "clearing/1 under rules/2")

    def judge_rules(self, record: Record) -> None:
        if self.new_rules is not None:
            raise Fault("already-recorded", "a second rules record of the block")
        assert record.body is not None
        self.new_rules = Rules(record.body, record.head["bodyHash"], int(record.body["version"][-1]))
        self.known_tariffs.append(record.body["tariffs"])

    def take_over(self, record: Record) -> None:
        """The standby becomes the operator: at once for its block, in the roster with the header."""
        body, member = record.body, record.member
        assert body is not None
        standby = self.active(member, "standby")
        require_signatures(record.note, [standby.key])
        key = read_key(body["key"])
        if record.leaf != self.first or body["version"] != "term/1" or body["term"] != self.term + 1:
            raise Fault("bad-change", "a takeover that is not the next term, or not the first record of its block")
        if body["operator"] != member or key.name != self.origin or key.type != 1 or not is_strong(key.public):
            raise Fault("bad-change", "a takeover for another, or with a key that is no log key of this ledger")
        if any(key.public == earlier.public for earlier in self.log_keys):
            raise Fault("bad-change", "the log key of an earlier term")
        self.swap, self.operator, self.term, self.log_key = (self.operator, member), member, self.term + 1, key
        self.log_keys.append(key)
        self.operators.add(member)
        self.takeovers.append(record.leaf)
        self.waiting.pop(member, None)

    def judge_approval(self, record: Record) -> None:
        assert record.body is not None
        found = [(m, p) for m, p in self.waiting.items() if p.record == record.body["record"]]
        if not found:
            raise Fault("bad-change", "an approval of what does not wait")
        concerned, proposal = found[0]
        if record.member == concerned:
            raise Fault("wrong-role", "nobody approves its own recovery")
        if record.member in proposal.approvals:
            raise Fault("already-recorded", "a second approval")
        proposal.approvals.add(record.member)
        others = {member for member, entry in self.roster.items() if entry.active and member != concerned}
        if len(others & proposal.approvals) >= 2 * len(others) // 3 + 1:
            proposal.accepted = True

    def judge_erasure(self, record: Record) -> None:
        assert record.body is not None
        leaf = record.body["leaf"]
        erased = self.leaves[leaf] if leaf < record.leaf else None
        if erased is None or erased.kind in NEED_BODY:
            raise Fault("bad-change", "an erasure of what is no record before it, or of a body that decides")
        if record.member not in (erased.member, self.operator):
            raise Fault("wrong-role", "an erasure of another's record")
        if erased.interval is not None and erased.kind not in ("note", "battery"):
            kept = 6880 if erased.kind in ("meter", "correction", "price", "clearing", "settlement") else -1
            if self.cleared is None or self.cleared - erased.interval <= kept:
                raise Fault("too-early", "an erasure of what clearings and bills still follow from")

    def change_roster(self, record: Record) -> None:
        body, member = record.body, record.member
        assert body is not None and self.rules is not None
        if member in self.touched or member in (self.swap or ()):
            raise Fault("already-recorded", f"a second change of {member} in the block")
        before = None if self.header is None else self.roster.get(member)
        action, new = body["action"], Entry(body, body["action"] != "leave")
        signers = [self.roster[self.operator].key]
        if action in ("join", "recover"):
            signers.append(new.key)
        elif action == "key" and before is not None:
            signers += [before.key, new.key]
        require_signatures(record.note, signers)
        self.check_change(action, before, new, member)
        self.touched.add(member)
        if action == "recover":
            self.waiting[member] = Proposal(record.id, new)
            return
        if action in ("leave", "key"):
            self.waiting.pop(member, None)
        self.changes[member] = new
        self.keys_ever[member].add(new.key.public)

    def check_change(self, action: str, before: Optional[Entry], new: Entry, member: str) -> None:
        assert self.rules is not None
        if (before is not None and before.active) == (action == "join"):
            raise Fault("bad-change", f"{action} of one who is {'already' if action == 'join' else 'not'} a member")
        if before is not None and action != "join":
            may = MAY_CHANGE[action]
            changed = [name for name in new.values if new.values[name] != before.values[name]]
            if any(name not in may for name in changed) or (may and not changed):
                raise Fault("bad-change", f"{action} changes what it must not, or nothing")
            if action == "recover" and (member == self.operator or "key" not in changed):
                raise Fault("bad-change", "a recovery of the operator, or without another key")
        if ("operator" in new.values["roles"]) != (member == self.operator):
            raise Fault("bad-change", "the operator, and only the operator, has the role operator")
        if action == "leave" and member == self.operator:
            raise Fault("bad-change", "the operator cannot leave")
        witness = new.values["witness"]
        keys = [(new.key, 1, "member")] + ([(read_key(witness), 4, "witness")] if witness is not None else [])
        for key, key_type, word in keys:
            if key.type != key_type or key.name != f"{self.community}/{word}/{member}" or not is_strong(key.public):
                raise Fault("bad-change", f"{key.name} is not the name of a strong {word} key of {member}")
        others = [self.roster] if self.header is not None else []
        waiting = {name: proposal.entry for name, proposal in self.waiting.items()}
        for entries in others + [self.changes, waiting]:
            if any(name != member and entry.key.public == new.key.public for name, entry in entries.items()):
                raise Fault("bad-change", "the key of another member")
        areas = self.rules.body.get("areas")
        known = [None, *(area["id"] for area in areas or ())]
        if action in ("join", "feeder") and areas and new.values["feeder"] not in known:
            raise Fault("bad-change", "a feeder that is no area of the rules")

    def require_open(self, record: Record) -> int:
        assert record.interval is not None
        if self.cleared is not None and record.interval <= self.cleared:
            raise Fault("late", "the interval is cleared")
        return record.interval

    def in_bounds(self, wh: int, price: int) -> None:
        assert self.rules is not None
        limits = self.rules.body["limits"]
        if wh > self.rules.body["maxOrderWh"] or not limits["min"] <= price <= limits["max"]:
            raise Fault("out-of-bounds", "more energy, or another limit, than the rules allow")

    def judge_order(self, record: Record) -> None:
        assert self.rules is not None
        interval, body = self.require_open(record), record.body
        own = [order for order in self.orders[interval] if order.member == record.member]
        if body is not None:
            self.in_bounds(body["wh"], body["limit"])
        if len(own) >= self.rules.body["maxOrdersPerMember"]:
            raise Fault("over-quota", "more orders than a member may place for an interval")
        most = self.rules.body.get("maxMemberWh")
        if most is not None and body is not None and not self.is_unknown(interval):
            standing = [o.body for o in own if o.body is not None and o.id not in self.cancelled[interval]]
            if sum(each["wh"] for each in standing if each["side"] == body["side"]) + body["wh"] > most:
                raise Fault("over-quota", "more energy on one side than a member may trade in an interval")
        self.orders[interval].append(record)

    def is_unknown(self, interval: int) -> bool:
        """Whether a body of the book so far is withheld."""
        return any(each.body is None for each in (*self.orders[interval], *(c for c, _ in self.cancels[interval])))

    def judge_cancel(self, record: Record) -> None:
        interval = self.require_open(record)
        if record.body is not None:
            name = record.body["order"]
            known = any(order.id == name and order.member == record.member for order in self.orders[interval])
            if (not known or name in self.cancelled[interval]) and not self.is_unknown(interval):
                raise Fault("unknown-order", "no such order of this member to cancel")
            self.cancelled[interval].add(name)
        self.cancels[interval].append((record, len(self.orders[interval])))

    def judge_trade(self, record: Record) -> None:
        self.require_open(record)
        assert record.body is not None
        self.in_bounds(record.body["wh"], record.body["price"])

    def require_first(self, record: Record, member: str = "") -> None:
        assert record.interval is not None
        key = (record.kind, record.interval, member)
        if key in self.once:
            raise Fault("already-recorded", f"there is a {record.kind} of this interval")
        self.once.add(key)

    def judge_price(self, record: Record) -> None:
        self.require_first(record)
        assert record.interval is not None
        self.prices[record.interval] = record

    def judge_meter(self, record: Record) -> None:
        self.require_first(record, record.member)
        assert record.interval is not None
        self.metered[record.interval][record.member] = record

    def judge_battery(self, record: Record) -> None:
        self.require_first(record, record.member)

    def judge_correction(self, record: Record) -> None:
        assert record.interval is not None
        if self.cleared is None or record.interval > self.cleared:
            raise Fault("too-early", "a correction of an interval that is not cleared")
        if self.cleared - record.interval > 4000:
            raise Fault("late", "a correction of an interval that is long past")
        self.metered[record.interval][record.member] = record

    # Clearings

    def places(self) -> Optional[Places]:
        assert self.rules is not None
        areas = self.rules.body.get("areas")
        if not areas:
            return None
        parents = {area["id"]: area["parent"] for area in areas}
        root = next(area_id for area_id, parent in parents.items() if parent is None)
        result: Places = {}
        for member, entry in self.roster.items():
            feeder = entry.values["feeder"] if entry.values["feeder"] in parents else root
            result[member] = feeder, parents[feeder] or root
        return result

    def judge_clearing(self, record: Record) -> None:
        assert self.rules is not None
        interval = self.require_open(record)
        if self.block_clearing is not None:
            raise Fault("wrong-clearing", "a second clearing in the block")
        if record.body is not None and record.body["rule"] != self.rules.body["market"]:
            raise Fault("wrong-clearing", "cleared by another rule than that of the community")
        places = self.places()
        try:
            expected = clear(self.rules.body["market"], self.rules.version, self.auction(record, interval, places))
            body = record.body
            assert body is not None
            wrong = [name for name in expected if body[name] != expected[name]]
            if wrong:
                raise Fault("wrong-clearing", f"{wrong[0]} of the clearing is not what follows from the book")
        except Withheld:
            self.unchecked += 1
        except NoResult as error:
            raise Fault("wrong-clearing", str(error)) from None
        self.clearings[interval] = Cleared(self.rules, places, record.body)
        self.cleared, self.cleared_text = interval, record.head["interval"]
        self.block_clearing = record.head["interval"]

    def auction(self, record: Record, interval: int, places: Optional[Places]) -> Auction:
        assert self.rules is not None
        orders, cancels = self.orders.pop(interval, []), self.cancels.pop(interval, [])
        if any(each.body is None for each in (record, *orders, *(cancel for cancel, _ in cancels))):
            raise Withheld()
        by_log = self.rules.body["market"] == "continuous/1"
        book = [
            Order(o.leaf, o.id, o.member, o.body if self.rules.version == 2 else {**o.body, "preference": None})
            for o in orders
            if by_log or o.id not in self.cancelled[interval]
        ]
        members = {m for m, entry in self.roster.items() if entry.active and "member" in entry.values["roles"]}
        names = [(cancel.body["order"], before) for cancel, before in cancels] if by_log else []
        areas = self.rules.body.get("areas", [])
        return Auction(interval, book, members | {order.member for order in book}, areas, places, names)

    # Bills

    def judge_settlement(self, record: Record) -> None:
        assert self.rules is not None and record.interval is not None
        interval, body, before = record.interval, record.body, self.settlements[record.interval]
        if self.cleared is None or interval > self.cleared:
            raise Fault("too-early", "a settlement of an interval that is not cleared")
        clearing = self.clearings.get(interval)
        if clearing is None:
            raise Fault("wrong-settlement", "there is no clearing of this interval")
        if self.rules.body["settlement"] != "settle/1":
            raise Fault("wrong-settlement", "the rules name no settlement that is known")
        version = clearing.rules.version
        if before and version == 1:
            raise Fault("already-recorded", "there is a settlement of this interval")
        if before and self.cleared - interval > 4000:
            raise Fault("already-recorded", "a correction of an interval that is long past")
        if body is not None and body["version"] != f"settlement/{version}":
            raise Fault("wrong-settlement", "a settlement of another version than the rules of its clearing")
        if body is not None and version == 2 and body["number"] != len(before):
            raise Fault("already-recorded", f"number {body['number']}, where {len(before)} comes next")
        if not before:
            self.peaks_before[interval] = self.newest_settlement
        try:
            if body is None:
                raise Withheld()
            expected = self.bill(record, clearing, interval, before)
            wrong = [name for name in expected if body[name] != expected[name]]
            if wrong:
                raise Fault("wrong-settlement", f"{wrong[0]} of the settlement are not what follows from the records")
        except Withheld:
            self.unchecked += 1
            if body is not None:
                self.check_alone(body)
        except NoResult as error:
            raise Fault("wrong-settlement", str(error)) from None
        before.append(record)
        if version == 2:
            self.newest_settlement = record

    def check_alone(self, body: Dict[str, Json]) -> None:
        """What a settlement must hold to, whatever it follows from."""
        sums: Dict[str, int] = defaultdict(int)
        for line in body["lines"]:
            counted = line["code"] != "vat" if body["version"] == "settlement/2" else line["code"] in ENERGY_CODES
            if counted and line["amount"] != line["wh"] * line["price"]:
                raise Fault("wrong-settlement", "the amount of a line is not Wh x price")
            sums[line["account"]] += line["amount"]
            sums[line["counterAccount"]] -= line["amount"]
        if body.get("number", 0) == 0 and any(r["amount"] != sums["member/" + r["member"]] for r in body["statements"]):
            raise Fault("wrong-settlement", "the amount of a statement is not the sum of its lines")
        if body["version"] == "settlement/1" and body["tariffs"] not in self.known_tariffs:
            raise Fault("wrong-settlement", "tariffs that were never in the rules")

    def energy_of(self, interval: int, member: str) -> Optional[Energy]:
        record = self.metered[interval].get(member) if interval in self.metered else None
        if record is None:
            return None
        if record.body is None:
            raise Withheld()
        return record.body["importWh"], record.body["exportWh"], record.body["quality"]

    def estimate(self, interval: int, member: str, traded: Dict[Tuple[str, str], int]) -> Energy:
        for days in (7, 14, 21, 28, 1, 2, 3, 4, 5, 6):
            found = self.energy_of(interval - 96 * days, member)
            if found is not None and found[2] == "measured":
                return found[0], found[1], "estimated"
        net = traded["bought", member] - traded["sold", member]
        return max(0, net), max(0, -net), "estimated"

    def bill(self, record: Record, clearing: Cleared, interval: int, before: List[Record]) -> Dict[str, Json]:
        if clearing.body is None or interval in self.clouded or any(settled.body is None for settled in before):
            raise Withheld()
        terms = self.terms(clearing, clearing.body, interval)
        members = set(self.metered[interval]) if interval in self.metered else set()
        for one, other in [row[:2] for row in terms.pairs] + [row[:2] for row in terms.preferred]:
            members |= {one, other}
        settled: Dict[str, Energy] = {}
        for each in before:
            assert each.body is not None
            for told in each.body["statements"]:
                settled[told["member"]] = told["importWh"], told["exportWh"], told["quality"]
        traded: Dict[Tuple[str, str], int] = defaultdict(int)
        for buyer, seller, wh in [row[:3] for row in terms.pairs] + [row[:3] for row in terms.preferred]:
            traded["bought", buyer] += wh
            traded["sold", seller] += wh
        hours = clearing.rules.body.get("estimateAfterHours")
        assert self.cleared is not None
        overdue = hours is not None and self.cleared - interval - 1 >= 4 * hours
        energy: Dict[str, Energy] = {}
        for member in members | settled.keys():
            told_now, told_before = self.energy_of(interval, member), settled.get(member)
            known = [e for e in (told_now, told_before) if e is not None and e[2] != "missing"]
            if known:
                energy[member] = known[0]
            else:
                energy[member] = self.estimate(interval, member, traded) if overdue else (None, None, "missing")
        if clearing.rules.version == 1:
            return self.first_version(Bill(terms, energy, {}))
        peaks, last = self.peaks_of(self.peaks_before[interval]), self.peaks_of(self.newest_settlement)
        if terms.tariffs["capacity"] is not None and (peaks is None or last is None):
            raise Withheld()
        now = Bill(terms, energy, peaks or {})
        lines = [dict(line, reverses=False) for line in now.lines]
        rows = [now.rows[member] for member in sorted(now.rows)]
        if before:
            lines, rows = correction_of(Bill(terms, settled, peaks or {}), now)
            if not lines and not rows:
                raise NoResult("a correction where nothing changed")
        elif terms.tariffs["capacity"] is not None:
            last = now.peaks
        result = {"number": len(before), "tariffs": terms.tariffs, "lines": lines, "statements": rows}
        if last is not None:
            result["peaks"] = [[month, member, wh] for (month, member), wh in sorted(last.items())]
        return result

    def peaks_of(self, settlement: Optional[Record]) -> Optional[Peaks]:
        """The highest quarter hours that it passes on; None where its body is withheld."""
        if settlement is None:
            return {}
        return settlement.body and {(month, member): wh for month, member, wh in settlement.body["peaks"]}

    def terms(self, clearing: Cleared, body: Dict[str, Json], interval: int) -> Terms:
        rules = clearing.rules.body
        tariffs = full_tariffs(rules["tariffs"]["import"], rules["tariffs"]["feedIn"])
        if clearing.rules.version == 1:
            pairs = [(buyer, seller, wh, body["price"], body["price"], None) for buyer, seller, wh in body["pairs"]]
            return Terms(interval, tariffs, None, [], pairs, False)
        if rules["tariff"] is not None:
            price = self.prices.get(interval)
            if price is not None and price.body is None:
                raise Withheld()
            tariffs = tariff_of(rules["tariff"]).at(interval, None if price is None else price.body["price"])
        preferred = [(buyer, seller, wh, paid) for _, _, buyer, seller, wh, paid in body["preferred"]]
        pairs = [tuple(pair) for pair in body["pairs"]]
        return Terms(interval, tariffs, clearing.places, preferred, pairs, body["rule"] == "zonal/1")

    def first_version(self, bill: Bill) -> Dict[str, Json]:
        names = [name for name in BODIES["settlement/1"]]
        rows = [{n: v for n, v in bill.rows[m].items() if not n.startswith("pool")} for m in sorted(bill.rows)]
        tariffs = {name: bill.tariffs[name] for name in ("import", "feedIn")}
        return dict(zip(names, (tariffs, bill.lines, rows)))


# --- Sections 12, 14: the verdict ------------------------------------------------------------------------------------


def read_roster(path: str) -> List[Key]:
    """The file for --roster. Raises ValueError with the number of the line."""
    keys = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            text = line.strip()
            if text and not text.startswith("#"):
                try:
                    keys.append(read_key(text))
                except ValueError as error:
                    raise ValueError(f"line {number} of {path}: {error}") from None
    return keys


def compare_bodies(export: Export) -> None:
    for leaf, body in sorted(export.bodies.items()):
        try:
            note = read_note(export.notes[leaf])
            head = json.loads(note.text.decode().split("\n")[1])
            wanted = head["state" if note.text.startswith(b"microgrid-header/1\n") else "bodyHash"]
        except (ValueError, LookupError, TypeError, RecursionError):
            continue  # the leaf is malformed, and told as such
        if wanted != sha256(body).hex():
            export.fault("body-altered", "the body is not the one that the leaf names", leaf)


def verify(path: str, known: List[Key]) -> Dict[str, Json]:
    export = Export(path)
    result: Dict[str, Json] = dict(ok=False, trusted=False, operator=None, size=0, root=None, blocks=0, records=0,
                                   unsealed=0, withheld=0, unchecked=0, witnessed=None, errors=[])
    audit = Audit(export.notes, export.bodies)
    checkpoint = None
    try:
        if not export.has_checkpoint:
            raise Fault("checkpoint-missing", "there is no checkpoint")
        try:
            checkpoint = read_checkpoint(export.read("checkpoint", 65536))
        except ValueError as error:
            raise Fault("checkpoint-invalid", f"the checkpoint: {error}") from None
        export.load(checkpoint.size)
        compare_bodies(export)
        if export.whole:
            root = Tree(map(leaf_hash, export.notes)).root()
            result["size"], result["root"] = len(export.notes), base64.b64encode(root).decode()
            if root != checkpoint.root:
                export.fault("root-mismatch", "the checkpoint is over other leaves")
            audit.run()
            check_checkpoint(audit, checkpoint, len(export.notes))
            result["witnessed"] = witnessed_in(audit, export)
            held = 0 if result["witnessed"] is None else result["witnessed"]["size"]
            for leaf in [leaf for leaf in audit.takeovers if leaf >= held][:1]:
                export.fault("unwitnessed-term", "no checkpoint that enough members have cosigned has this term", leaf)
            check_keys(audit, known, export, result)
    except Fault as fault:
        export.faults.append(fault)
    result["operator"] = audit.log_key.vkey if audit.log_key is not None else None
    result.update(blocks=audit.blocks, records=audit.records, withheld=audit.withheld, unchecked=audit.unchecked)
    faults = sorted(export.faults, key=lambda fault: MAX if fault.leaf is None else fault.leaf)
    for fault in faults:
        block = block_of(export.notes, fault.leaf)
        result["errors"].append(dict(leaf=fault.leaf, block=block, code=fault.code, text=fault.text))
    result["ok"] = not faults
    result["trusted"] = result["trusted"] and result["ok"]
    return result


def block_of(notes: List[bytes], leaf: Optional[int]) -> Optional[int]:
    return None if leaf is None else sum(note.startswith(b"microgrid-header/1\n") for note in notes[:leaf])


def check_checkpoint(audit: Audit, checkpoint: Checkpoint, size: int) -> None:
    key = audit.log_key
    if audit.first != size or key is None:
        raise Fault("checkpoint-invalid", "the last leaf is no header", size - 1)
    if checkpoint.origin != key.name:
        raise Fault("checkpoint-invalid", "the checkpoint is of another ledger")
    if not bears(checkpoint, key):
        raise Fault("checkpoint-invalid", "the checkpoint is not signed by the log key")


def bears(checkpoint: Checkpoint, key: Key) -> bool:
    """Whether a line is the key's, and all that are verify."""
    lines = [signature for name, key_id, signature in checkpoint.note.lines if (name, key_id) == (key.name, key.id)]
    return bool(lines) and all(signed_by(key.public, checkpoint.note.text, signature) for signature in lines)


def is_cosigned(text: bytes, key: Key, signature: bytes) -> bool:
    """Section 15: time (8 bytes), then the signature over time and checkpoint."""
    time = int.from_bytes(signature[:8], "big")
    return time <= MAX and signed_by(key.public, b"cosignature/v1\ntime %d\n%s" % (time, text), signature[8:])


def witnessed_in(audit: Audit, export: Export) -> Optional[Dict[str, int]]:
    """The file `witnessed`: a checkpoint of this log with its quorum."""
    if not export.has_witnessed:
        return None
    try:
        checkpoint = read_checkpoint(export.read("witnessed", 512 * 1024), 1024)
    except ValueError as error:
        raise Fault("file-altered", f"witnessed: {error}") from None
    size, text = checkpoint.size, checkpoint.note.text
    if size > len(export.notes):
        raise Fault("size-mismatch", "members have seen leaves that are not here")
    seal = next((seal for seal in audit.seals if seal.size == size), None)
    if seal is None or checkpoint.origin != audit.origin or not bears(checkpoint, seal.log_key):
        raise Fault("checkpoint-invalid", "witnessed is not after a header, or not signed by the log key")
    if Tree(map(leaf_hash, export.notes[:size])).root() != checkpoint.root:
        raise Fault("root-mismatch", "members have witnessed another history")
    cosigned = 0
    for key in seal.witnesses:
        lines = [signature for name, key_id, signature in checkpoint.note.lines if (name, key_id) == (key.name, key.id)]
        if not all(is_cosigned(text, key, signature) for signature in lines):
            raise Fault("file-altered", f"witnessed: a line of {key.name} does not verify")
        cosigned += bool(lines)
    needed = 2 * len(seal.witnesses) // 3 + 1
    if not seal.witnesses or cosigned < needed:
        raise Fault("file-altered", "witnessed: too few members have cosigned it")
    return dict(size=size, cosigned=cosigned, needed=needed, witnesses=len(seal.witnesses))


def check_keys(audit: Audit, known: List[Key], export: Export, result: Dict[str, Json]) -> None:
    assert audit.log_key is not None
    for key in known:
        member = key.name[len(audit.community) + 8 :] if key.name.startswith(audit.community + "/member/") else None
        if key.name == audit.origin:
            fits, trusts = any(key.vkey == each.vkey for each in audit.log_keys), True
        elif member is not None and member in audit.keys_ever:
            fits, trusts = key.type == 1 and key.public in audit.keys_ever[member], member in audit.operators
        else:
            continue
        if not fits:
            export.fault("unknown-key", f"{key.name} is not the key in the log")
        result["trusted"] = result["trusted"] or (fits and trusts)


def main(arguments: List[str]) -> int:
    names, roster, as_json, batch = [], None, False, False
    rest = iter(arguments)
    for argument in rest:
        if argument == "--roster":
            roster = next(rest, None)
        elif argument == "--json":
            as_json = True
        elif argument == "--batch":
            batch = True
        elif argument in ("-h", "--help"):
            print(__doc__)
            return 0
        else:
            names.append(argument)
    try:
        if batch:
            for line in sys.stdin:
                print(json.dumps(verify(line.rstrip("\n"), [])), flush=True)
            return 0
        if len(names) != 1:
            raise ValueError("give one exported directory; --help tells more")
        result = verify(names[0], read_roster(roster) if roster is not None else [])
    except (OSError, ValueError) as error:
        print(f"microgrid_verify: {error}", file=sys.stderr)
        return 2
    if as_json:
        print(json.dumps(result))
    elif result["ok"]:
        stranger = "" if result["trusted"] else "; the operator's key was not given"
        print(
            f"ok: {result['records']} records in {result['blocks']} blocks, {result['withheld']} bodies withheld, "
            f"{result['unchecked']} results not checked{stranger}"
        )
    else:
        first = result["errors"][0]
        print(f"{'' if first['leaf'] is None else 'leaf %d: ' % first['leaf']}{first['code']}: {first['text']}")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
