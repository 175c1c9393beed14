"""Edit distance and ANLS (average normalised Levenshtein similarity, the measure of DocVQA and ST-VQA)."""

THRESHOLD = 0.5


def edit_distance(one: str, other: str) -> int:
    """Levenshtein distance; bit-parallel (Myers 1999, Hyyrö 2003), so 10,000 characters take milliseconds."""
    if not one or not other:
        return len(one) + len(other)
    masks: dict[str, int] = {}
    for position, character in enumerate(one):
        masks[character] = masks.get(character, 0) | 1 << position
    full, last = (1 << len(one)) - 1, 1 << (len(one) - 1)
    up, down, distance = full, 0, len(one)
    for character in other:
        match = masks.get(character, 0)
        vertical = match | down
        diagonal = (((match & up) + up) ^ up) | match
        right, left = down | (~(diagonal | up) & full), up & diagonal
        distance += bool(right & last) - bool(left & last)
        right, left = (right << 1 | 1) & full, left << 1 & full
        up, down = left | (~(vertical | right) & full), right & vertical
    return distance


def anls(reference: str, answer: str) -> float:
    """1 − NLD, where the distance is less than half of the longer text; 0 beyond that. Case and runs of space aside."""
    one, other = " ".join(reference.lower().split()), " ".join(answer.lower().split())
    longer, shorter = max(len(one), len(other)), min(len(one), len(other))
    if longer == 0:
        return 1.0
    if longer - shorter >= THRESHOLD * longer:  # at least that many insertions
        return 0.0
    share = edit_distance(one, other) / longer
    return 1 - share if share < THRESHOLD else 0.0
