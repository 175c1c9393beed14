"""The unit behind a value: `12 \\text{ cm}^2`, `$5`, `5 元`, `30^\\circ`, `7 apples`.

A unit may be missing from a reference or an answer. Two known units that differ are a different answer; of other
words, such as what is counted, nothing is known, and they are left out. Values are not converted: 1 m is not 100 cm.
"""

import re
from dataclasses import dataclass

_KNOWN: dict[str, str] = {
    "mm": "mm millimeter millimetre 毫米",
    "cm": "cm centimeter centimetre 厘米",
    "dm": "dm decimeter decimetre 分米",
    "m": "m meter metre 米",
    "km": "km kilometer kilometre 千米 公里",
    "in": "in inch inche",
    "ft": "ft foot feet",
    "yd": "yd yard",
    "mi": "mi mile 英里",
    "mg": "mg milligram 毫克",
    "g": "g gram 克",
    "kg": "kg kilogram 千克 公斤",
    "t": "ton tonne 吨",
    "oz": "oz ounce",
    "lb": "lb pound",
    "ml": "ml mL milliliter millilitre 毫升",
    "l": "L l liter litre 升",
    "s": "s sec second 秒",
    "min": "min minute 分钟",
    "h": "h hr hour 小时",
    "d": "day 天 日",
    "week": "week 周",
    "month": "month 月 个月",
    "year": "yr year 年",
    "dollar": "dollar $",
    "cent": "cent ¢",
    "euro": "euro €",
    "yuan": "yuan ¥ 元 块",
    "jiao": "角",
    "degree": "degree deg °",
    "mph": "mph",
    "km/h": "km/h kmh kmph",
    "m/s": "m/s",
    "am": "am",
    "pm": "pm",
    "north": "north",
    "south": "south",
    "east": "east",
    "west": "west",
    "up": "increase gain profit",
    "down": "decrease loss",
    "more": "more",
    "less": "less",
}
_CANONICAL = {name: unit for unit, names in _KNOWN.items() for name in names.split()}
_COUNTERS = "个只条人支本张辆名位颗棵朵件双块头匹岁次道页座间层袋瓶箱盒种场步度"
_WORD = r"[A-Za-z][A-Za-z./]*"
_BEHIND_NUMBER = re.compile(
    rf"(?P<value>.*[\d}})])\s*(?:\\text\s*\{{\s*(?P<text>[^{{}}]*?)\s*\}}"
    rf"|(?P<word>(?<=[\d}}) ]){_WORD}(?: {_WORD})*)|(?P<chinese>[\u4e00-\u9fff]+))"
    r"\s*(?:\^\s*\{?\s*(?P<power>[23])\s*\}?)?",
    re.DOTALL,
)
_DEGREE = re.compile(r"(?P<value>.*[\d})])\s*(?:\^\s*(?:\\circ|\{\s*\\circ\s*\})|\\degree)\s*(?:[CF]\b)?", re.DOTALL)
_MONEY = re.compile(r"(?P<sign>[-+]?)\s*(?P<mark>[$€¥£])\s*(?P<value>[-+]?[\d.][^$€¥£]*)", re.DOTALL)
_POWERS = {"square": "2", "squared": "2", "sq": "2", "cubic": "3", "cubed": "3", "cube": "3"}
_NO_UNITS = (
    "and or if for where when with mod pi sqrt sin cos tan log ln is to not no than about approximately least most "
    "wrong false incorrect dozen factorial half halves third thirds quarter quarters tenths hundredths thousandths"
)
_NOT_UNITS = set(_NO_UNITS.split())


@dataclass(frozen=True)
class Measured:
    value: str
    unit: str = ""
    """Canonical; empty where there is none, or only words of which nothing is known."""


def split_unit(text: str) -> Measured:
    """The value without its unit, for a text that begins or ends in a unit; else the text itself."""
    if match := _MONEY.fullmatch(text):
        inner = split_unit(match["value"])
        return Measured(match["sign"] + inner.value, _CANONICAL.get(match["mark"], ""))
    if match := _DEGREE.fullmatch(text):
        return Measured(match["value"].strip(), "degree")
    if match := _BEHIND_NUMBER.fullmatch(text):
        unit = _canonical(match["text"] or match["word"] or match["chinese"], match["power"], match["word"] is not None)
        if unit is not None:
            return Measured(match["value"].strip(), unit)
    return Measured(text)


def _canonical(name: str | None, power: str | None, bare: bool) -> str | None:
    """The canonical unit, "" for a word that counts things, None for what is no unit."""
    if not name:
        return ""
    if re.fullmatch(r"[\u4e00-\u9fff]+", name):
        return _chinese(name)
    words = [word.replace(".", "") for word in name.strip("()").split()]
    if any(word.lower() in _NOT_UNITS or not re.fullmatch(_WORD, word) for word in words):
        return None
    for word in words:
        power = _POWERS.get(word.lower(), power)
    rest = [word for word in words if word.lower() not in _POWERS]
    if not rest:
        return None  # `5 squared`
    known = [unit for word in rest if (unit := _known(word))]
    if bare and not known and any(len(word) < 3 for word in words):
        return None  # `2xy`, `5 a`: algebra
    if not known:
        return ""
    return f"{'/'.join(known)}{'^' + power if power else ''}"


def _known(word: str) -> str | None:
    for form in (word, word.lower(), word.lower().removesuffix("s")):
        if form in _CANONICAL:
            return _CANONICAL[form]
    return None


def _chinese(name: str) -> str | None:
    if any(character in "或和且无与万亿十百千半分多余不非错没约" for character in name.removesuffix("分钟")):
        return None
    for prefix, power in (("平方", "^2"), ("立方", "^3")):
        if name.startswith(prefix):
            return _CANONICAL.get(name.removeprefix(prefix), "") + power
    if name in _CANONICAL and name != "块":
        return _CANONICAL[name]
    return "" if name[0] in _COUNTERS or len(name) <= 3 else None
