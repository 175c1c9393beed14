"""English prose: stories, descriptions, instructions, dialogues, letters and reports.

Plain words of a small vocabulary, so that a very small model can learn them, in many sentence shapes: the
grammar has millions of different sentences.
"""

from __future__ import annotations

import random
import re

from k15.curation.generators.grammar import Grammar

_RULES = {
    "document": [
        "{story}", "{story}", "{story}", "{description}", "{instructions}", "{dialogue}", "{letter}",
        "{report}",
    ],
    "story": [
        "{opening} {event} {event} {ending}", "{opening} {event} {turn} {event} {ending}",
        "{opening} {event} {turn} {ending}", "{opening} {event} {event} {turn} {event} {ending}",
    ],
    "opening": [
        "{when}, {hero} {went} to the {place:place}.",
        "{hero} was a {trait} {job} who lived near the {place:place}.",
        "There was once a {trait} {job} called {hero}. {when}, {they} {went} to the {place:place}.",
        "{hero} loved the {place:place}. {when}, {they} {went} there with {friend}.",
        "It was {weather} and {hero} {went} to the {place:place} {with}.",
    ],
    "event": [
        "{they} {found} a {look} {thing:thing} {where}.",
        "Near the {site}, {they} {saw} a {look} {animal:animal}.",
        "{friend} gave {them} a {look} {thing:thing} and {asked} {them} to {task}.",
        "A {look} {animal:animal} {moved} past {them} and {moved} {where}.",
        "{they} {worked} {how} to {task}.", "{they} {said} to {friend}, \"{remark}\"",
        "{friend} had lost a {look} {thing:thing}, so {they} {searched} {where} {how}.",
        "{they} bought {number} {goods} and gave {number} to {friend}.",
    ],
    "turn": [
        "But then the {nature} {came} and {they} could not {task}.",
        "Suddenly, a {animal} {moved} away with the {thing:thing}.",
        "{they} felt {feeling}, because the {thing:thing} was {state}.",
        "At first {they} did not know what to do, but {friend} {helped} {them}.",
        "However, the {site} was {state}, so {they} had to {task} {how}.",
    ],
    "ending": [
        "In the end, {they} went home {feeling}.", "{they} kept {their} {thing:thing} for many years.",
        "That night, {hero} slept well and dreamed of the {place:place}.",
        "From that day on, {hero} and {friend} were good friends.", "{friend} smiled and said, \"{remark}\"",
        "It was the best day of the {season}.",
    ],
    "description": [
        "The {animal:animal} is a {look} animal. It lives near the {site} and eats {food}. {fact} {fact}",
        "The {place:place} of {town:town} is {state}. {people} go there {often} to {task}. {fact}",
        "A {tool:thing} is used to {task}. It is made of {material} and {material}. {fact}",
        "{town:town} is a {look} town near a {site}. {people} there sell {goods} and {goods}. {fact} {fact}",
    ],
    "fact": [
        "In {season}, it is {state}.", "Most {people} think that it is {look}.", "It {often} stands {where}.",
        "You can see it {where} when it is {weather}.", "Old {people} say that it brings {luck}.",
        "It costs about {number} coins in the {place}.", "Nobody knows why it is so {look}.",
    ],
    "instructions": [
        "How to {task:task}: first, {step}. Then {step}. {last}",
        "If you want to {task:task}, {step}. After that, {step} and {step}. {last}",
        "To {task:task}, you need a {thing:thing} and some {material:material}. {Step}. Next, {step}. {last}",
        "1. Take the {thing:thing}.\n2. {Step}.\n3. {Step}.\n4. Now you can {task}.",
    ],
    "step": [
        "put the {thing} {where}", "wash the {goods} with {material}", "ask a {job} for some {material}",
        "cut the {goods} into {number} parts", "wait until it is {weather}",
        "look {where} for a {look} {thing}", "carry the {thing} to the {place}",
        "mix the {food} with {material}", "count {number} steps from the {site}",
    ],
    "Step": [
        "Put the {thing} {where}", "Wash the {goods} with {material}", "Ask a {job} for some {material}",
        "Cut the {goods} into {number} parts", "Wait until it is {weather}",
        "Look {where} for a {look} {thing}",
    ],
    "last": [
        "Be careful with the {thing}.", "It takes about {number} days.", "Do not do it when it is {weather}.",
        "At last, clean the {thing} and rest.", "Most {people} learn it in one {season}.",
    ],
    "dialogue": [
        "\"{question}\" {asked} {hero}. \"{answer}\" {said} {friend}. \"{remark}\"",
        "{hero}: {question}\n{friend}: {answer}\n{hero}: {remark}\n{friend}: {remark}",
        "{friend} met {hero} at the {place}. \"{question}\" {friend} {asked}. {hero} {said}, \"{answer}\"",
    ],
    "question": [
        "Where is the {look} {thing:thing}?", "Have you seen my {animal}?", "How many {goods} do you have?",
        "Why is the {place} {state}?", "When will you {task}?", "Who lives near the {site}?",
    ],
    "answer": [
        "It is {where}.", "I have {number}, but they are {state}.", "I saw it {where}.",
        "Maybe the {job} knows.", "When it is {weather}.", "A {trait} {job} does.",
        "Because the {nature} {came}.",
    ],
    "remark": [
        "Thank you, that is very kind.", "We should {task} before the {nature} comes.",
        "What a {look} {thing}!", "Let us meet at the {place}.", "I think the {job} is {trait}.",
        "Please do not forget the {goods}.", "I would rather {task}.", "You are a {trait} friend.",
    ],
    "letter": [
        "Dear {friend},\n{greeting} {news} {remark}\nYours, {hero}",
        "Dear {friend},\n{greeting} {news} {news}\nWith love, {hero}",
    ],
    "greeting": [
        "I hope you are well.", "Thank you for the {look} {thing}.",
        "It has been {weather} here for {number} days.",
    ],
    "news": [
        "My {animal} is {state} again.", "{when}, we {went} to the {place}.",
        "The {job} in {town} {asked} about you.", "We still have {number} {goods} from the {season}.",
        "Please come and help us to {task}.",
    ],
    "report": [
        "On {day}, it was {weather} in {town:town}. The {nature} {came} and the {site} was {state}. "
        "{people} had to {task}.",
        "The {place} of {town:town} was full on {day}. {people} bought {number} {goods} and {number} "
        "{goods}. {fact}",
        "News from {town:town}: a {trait} {job} {found} a {look} {thing} {where}. \"{remark}\" {hero} "
        "{said}.",
    ],
    "place": [
        "market", "school", "forest", "harbour", "mill", "library", "station", "farm", "castle", "garden",
        "museum", "village", "beach", "old bridge",
    ],
    "site": ["river", "hill", "wall", "well", "gate", "lake", "tree", "road", "tower", "pond"],
    "where": [
        "under the {site}", "behind the {place}", "near the {site}", "on the table", "in a {look} box",
        "next to the door", "between the {site} and the {site}", "at the end of the road", "in the grass",
    ],
    "thing": [
        "key", "lamp", "book", "boat", "coin", "map", "ring", "bell", "kite", "drum", "cup", "letter",
        "basket", "ladder", "clock", "hat", "rope", "knife",
    ],
    "goods": ["apples", "eggs", "pears", "nuts", "flowers", "fish", "shells", "stones", "candles", "beans"],
    "material": ["water", "wood", "iron", "sand", "paper", "salt", "oil", "wool", "clay", "glass"],
    "food": ["bread", "grass", "fish", "rice", "soup", "seeds", "honey", "cheese", "small insects"],
    "animal": ["cat", "dog", "fox", "horse", "bird", "goat", "duck", "owl", "mouse", "bear", "frog", "sheep"],
    "look": [
        "small", "red", "blue", "green", "old", "strange", "heavy", "bright", "round", "broken", "golden",
        "soft", "black", "tall", "quiet",
    ],
    "trait": ["kind", "brave", "clever", "lazy", "young", "patient", "poor", "honest", "busy", "shy"],
    "job": [
        "farmer", "baker", "sailor", "teacher", "painter", "doctor", "miller", "king", "hunter", "girl",
        "boy",
    ],
    "feeling": ["happy", "sad", "tired", "proud", "angry", "afraid", "calm", "hungry"],
    "state": [
        "empty", "full of {goods}", "wet", "closed", "very old", "cold", "covered with {material}", "open",
        "dark",
    ],
    "weather": ["cold", "warm", "windy", "rainy", "sunny", "dark", "foggy"],
    "nature": ["rain", "wind", "snow", "night", "storm", "flood"],
    "season": ["spring", "summer", "autumn", "winter"],
    "day": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "when": [
        "One morning", "One day in {season}", "On {day}", "Last {season}", "After school",
        "Before the {nature} {came}", "{number} days ago",
    ],
    "number": ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "twenty"],
    "town": [
        "Elm Bay", "Northfield", "Redhill", "Stonebridge", "Lowport", "Kingsmill", "Greenford", "Wolf Bay",
    ],
    "people": ["children", "old men", "farmers", "women", "sailors", "visitors", "students"],
    "often": ["often", "always", "sometimes", "rarely", "never", "every {day}"],
    "luck": ["good luck", "rain", "a long life", "bad dreams", "many {goods}"],
    "how": ["slowly", "quickly", "all day", "with great care", "for {number} hours", "without a word"],
    "with": ["with {friend}", "alone", "with a {look} {thing}", "with {their} {animal}"],
    "task": [
        "paint the door", "carry {goods} to the {place}", "find the {thing}", "cook {food}",
        "feed the {animal}", "build a {look} wall", "cross the {site}", "sell the {thing}",
        "clean the {place}", "draw a {animal}", "repair the {thing}", "plant a tree",
        "read the {look} letter", "catch a {animal}",
    ],
    "went": ["went", "walked", "ran", "travelled", "came back"],
    "moved": ["ran", "jumped", "flew", "swam", "climbed"],
    "found": ["found", "saw", "lost", "painted", "sold", "hid"],
    "saw": ["saw", "heard", "met", "followed"],
    "asked": ["asked", "wanted to know"],
    "said": ["said", "answered", "whispered", "cried"],
    "worked": ["worked", "tried", "waited", "helped"],
    "searched": ["searched", "looked", "walked"],
    "helped": ["helped", "taught", "followed"],
    "came": ["came", "began", "had come"],
}  # fmt: skip

_GRAMMAR = Grammar(_RULES, given=("hero", "friend", "they", "them", "their"))
_NAMES = {
    ("she", "her", "her"): ("Mira", "Anna", "Lena", "Nora", "Rosa", "Tara", "Ivy"),
    ("he", "him", "his"): ("Tom", "Ben", "Omar", "Paul", "Sam", "Leo", "Max"),
}
_SENTENCE_START = re.compile(r"(^|[.!?:] |[.!?:]\n|\n|\")([a-z])")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou]|honest)")


def _tidy(text: str) -> str:
    text = _ARTICLE.sub(r"\1n ", text)
    return _SENTENCE_START.sub(lambda match: match[1] + match[2].upper(), text)


def generate(rng: random.Random) -> str:
    """One English document."""
    (they, them, their), names = rng.choice(list(_NAMES.items()))
    hero = rng.choice(names)
    friend = rng.choice([name for names in _NAMES.values() for name in names if name != hero])
    bound = {"hero": hero, "friend": friend, "they": they, "them": them, "their": their}
    return _tidy(_GRAMMAR.expand("document", rng, bound))
