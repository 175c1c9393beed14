"""Chinese prose of fewer than 200 different characters: stories, descriptions, dialogues, instructions.

The inventory is small on purpose: a byte-level vocabulary of 512 entries has room for few three-byte
characters.
"""

from __future__ import annotations

import random

from k15.curation.generators.grammar import Grammar

_RULES = {
    "document": ["{story}", "{story}", "{description}", "{dialogue}", "{instructions}", "{day_report}"],
    "story": [
        "{opening}{event}{event}{ending}", "{opening}{event}{turn}{ending}",
        "{opening}{event}{event}{turn}{ending}",
    ],
    "opening": [
        "{when},{hero}去{place:place}{act}。", "{hero}是一个{trait}的{job},家在{place:place}的{side}。",
        "{when},天气很{weather},{hero}和{friend}一起走到{place:place}。",
        "{hero}很喜欢{place:place},{when}又来了。",
    ],
    "event": [
        "{hero}看见一{animal:animal},它很{look}。", "{friend}给{hero}{number}{thing:thing},要{hero}{act}。",
        "{hero}在{place:place}找到了{number}{thing:thing},都很{look}。", "{friend}对{hero}说:“{remark}”",
        "因为{cause},所以{hero}不能{act}。", "{hero}先{act},后来又{act}。",
        "{place:place}的{side}有{number}{thing},都很{look}。",
    ],
    "turn": [
        "可是{friend}不见了,{hero}找了{number}天。", "这时候,一{animal}从{place}走出来。",
        "可是{cause},{hero}很{feeling}。",
    ],
    "ending": [
        "晚上,{hero}回家了,心里很{feeling}。", "从这天起,{hero}和{friend}成了好朋友。",
        "{friend}说:“{remark}”", "后来,人们都知道了{place}。", "{hero}把{item}给了{friend}。",
    ],
    "description": [
        "{place:place}的{side}有一{animal:animal}。它很{look},每天都{act}。{fact}",
        "{season}来了,天气{weather}了。{place:place}的花{colour}了,人们去{place}{act}。{fact}",
        "这是{number}{thing:thing},又{look}又{look}。{friend}用它{act}。{fact}{fact}",
    ],
    "fact": [
        "人们都说它很{look}。", "{season}的时候,它在{place}的{side}。", "{when},{friend}也看见过它。",
        "没有人知道这是因为什么。", "它是{colour}色的。",
    ],
    "dialogue": [
        "“{question}”{hero}问。“{answer}”{friend}说。",
        "{hero}:{question}\n{friend}:{answer}\n{hero}:{remark}",
        "{when},{hero}问{friend}:“{question}”{friend}说:“{answer}{remark}”",
    ],
    "question": [
        "{item}在哪里?", "你什么时候去{place:place}?", "你家有{item}吗?", "为什么{place:place}这么{look}?",
        "{when}你想{act}吗?", "谁会{act}?",
    ],
    "answer": [
        "在{place}的{side}。", "{when}去。", "有,有{number}。", "因为{cause}。", "我想先{act}。", "{job}会。",
        "我也不知道。",
    ],
    "remark": [
        "我们一起{act}吧。", "你真是{trait}的人。", "天气{weather}了,快回家吧。", "明天再来{place}。",
        "这{thing}真{look}。", "不要怕,我会{act}。",
    ],
    "instructions": [
        "要{act:act},先{step},再{step},最后{step}。{fact}",
        "怎么{act:act}?第一,{step}。第二,{step}。第三,{step}。",
    ],
    "step": [
        "把{item}放在{place}的{side}", "去{place}找{number}{thing}", "用水洗{item}", "问问{job}",
        "等天气{weather}了", "{act}",
    ],
    "day_report": [
        "{when},{place:place}来了很多人。{job}在{side}{act},{friend}买了{number}{thing}。{fact}",
        "今天天气很{weather}。{place:place}的{side}有{number}{thing}。{hero}想:{cause},我要{act}。",
    ],
    "when": [
        "今天", "昨天", "早上", "一天晚上", "{season}的一天", "上午", "下午", "{count}天以后", "很久以前",
    ],
    "season": ["春天", "夏天", "秋天", "冬天"],
    "place": ["学校", "河边", "山上", "海边", "村里", "城里", "花园", "田里", "树下", "老桥"],
    "side": ["前面", "后面", "里面", "东边", "西边", "左边", "右边"],
    "act": [
        "看书", "写信", "画画", "做饭", "买{item}", "吃饭", "喝水", "听歌", "找{item}", "学写字", "开车",
        "看花", "洗{item}", "给{friend}写信", "看一{animal}", "走到{place}",
    ],
    "animal": ["只小鸟", "条大鱼", "只白猫", "只黑狗", "只小羊", "条老狗"],
    "thing": ["本书", "条鱼", "个果子", "朵花", "封信", "张画", "个石头", "个小门", "本画书"],
    "item": ["书", "鱼", "果子", "花", "信", "画", "石头", "门", "车"],
    "number": ["一", "两", "三", "四", "五", "六", "七", "八", "九", "十", "很多", "几"],
    "count": ["一", "两", "三", "四", "五", "六", "七", "八", "九", "十"],
    "look": ["大", "小", "美", "高", "长", "新", "老", "白", "红", "黑", "快", "好看", "有名"],
    "colour": ["红", "白", "黑"],
    "trait": ["好", "快乐", "有名", "老", "有心"],
    "job": ["老师", "学生", "医生", "画家", "女孩", "老人"],
    "weather": ["冷", "热", "好", "不好"],
    "feeling": ["高兴", "难过", "怕", "快乐", "不高兴"],
    "cause": [
        "天气太{weather}", "{friend}没有来", "水太{weather}", "{place}太{look}", "{item}不见了", "下雨了",
        "天黑了",
    ],
}  # fmt: skip

_GRAMMAR = Grammar(_RULES, given=("hero", "friend"))
_PEOPLE = ("小明", "小红", "小王", "老王", "妈妈", "爸爸", "姐姐")

_FULL_WIDTH = str.maketrans({",": "，", "?": "？", ":": "："})


def generate(rng: random.Random) -> str:
    """One Chinese document."""
    hero, friend = rng.sample(_PEOPLE, 2)
    text = _GRAMMAR.expand("document", rng, {"hero": hero, "friend": friend})
    return text.translate(_FULL_WIDTH)
