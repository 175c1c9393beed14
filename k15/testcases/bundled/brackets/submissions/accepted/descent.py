text = input() + "$"


def skip(place: int) -> int:
    """The place behind the tidy text that begins at `place`."""
    while text[place] in "([":
        closing = ")" if text[place] == "(" else "]"
        place = skip(place + 1)
        if text[place] != closing:
            return -1
        place += 1
    return place


print("tidy" if skip(0) == len(text) - 1 else "untidy")
