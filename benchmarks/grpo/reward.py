"""The reward that both sides of the comparison give: cheap, and different for about half of the responses."""


def reward(text: str) -> float:
    return float(text.count("e") % 2)
