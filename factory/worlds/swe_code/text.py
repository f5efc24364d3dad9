"""Words, lines and simple transformations of text."""

from collections import Counter

from factory.worlds.swe_code import expect

ELLIPSIS = "..."
MAX_SLUG = 24  # one of 18 24 32
SMALL_WORDS = ("a", "an", "and", "of", "the", "to", "in")


def squeeze_spaces(text):
    """Replace every run of white space by one blank and cut both ends."""
    return " ".join(text.split())


def split_words(text):
    """Lower-case words of a text; digits count as letters, everything else separates."""
    words = []
    current = ""
    for letter in text.lower():
        if letter.isalnum():
            current += letter
        elif current:
            words.append(current)
            current = ""
    if current:
        words.append(current)
    return words


def slugify(text, separator="-"):
    """Words joined by a separator, cut at a word's end before MAX_SLUG characters."""
    slug = ""
    for word in split_words(text):
        longer = slug + separator + word if slug else word
        if len(longer) > MAX_SLUG:
            break
        slug = longer
    return slug


def most_common_words(text, limit=3, shortest=3):
    """Most frequent words with their counts; ties in alphabetical order."""
    tally = Counter(word for word in split_words(text) if len(word) >= shortest)
    ranked = sorted(tally.items(), key=lambda pair: (-pair[1], pair[0]))
    return ranked[:limit]


def common_prefix(words):
    """Longest text that all words begin with."""
    if not words:
        return ""
    shortest = min(words, key=len)
    for position, letter in enumerate(shortest):
        for word in words:
            if word[position] != letter:
                return shortest[:position]
    return shortest


def run_length_encode(text):
    """Pairs of (letter, length of its run)."""
    runs = []
    for letter in text:
        if runs and runs[-1][0] == letter:
            runs[-1] = (letter, runs[-1][1] + 1)
        else:
            runs.append((letter, 1))
    return runs


def run_length_decode(runs):
    """The text that `run_length_encode` was given."""
    return "".join(letter * length for letter, length in runs)


def shift_letters(text, distance):
    """Caesar cipher over the Latin alphabet; other characters stay."""
    result = []
    for letter in text:
        if "a" <= letter <= "z":
            first = ord("a")
        elif "A" <= letter <= "Z":
            first = ord("A")
        else:
            result.append(letter)
            continue
        result.append(chr((ord(letter) - first + distance) % 26 + first))
    return "".join(result)


def edit_distance(left, right):
    """Number of insertions, deletions and replacements between two words."""
    previous = list(range(len(right) + 1))
    for row, letter in enumerate(left, start=1):
        current = [row]
        for column, other in enumerate(right, start=1):
            replaced = previous[column - 1] + (letter != other)
            current.append(min(previous[column] + 1, current[-1] + 1, replaced))
        previous = current
    return previous[-1]


def closest_word(word, candidates, limit=2):
    """The candidate with the smallest edit distance, or None when all are farther than the limit."""
    best = None
    best_distance = limit + 1
    for candidate in candidates:
        distance = edit_distance(word, candidate)
        if distance < best_distance:
            best = candidate
            best_distance = distance
    return best


def title_case(text):
    """Capitalise words except small ones, which stay low unless they come first or last."""
    words = squeeze_spaces(text).split(" ")
    result = []
    for position, word in enumerate(words):
        is_edge = position == 0 or position == len(words) - 1
        if word.lower() in SMALL_WORDS and not is_edge:
            result.append(word.lower())
        else:
            result.append(word[:1].upper() + word[1:].lower())
    return " ".join(result)


def truncate(text, width):
    """Cut a text to a width, with an ellipsis in place of what is missing."""
    if len(text) <= width:
        return text
    if width <= len(ELLIPSIS):
        return ELLIPSIS[:width]
    return text[: width - len(ELLIPSIS)].rstrip() + ELLIPSIS


def wrap_lines(text, width):
    """Greedy line breaking; a word longer than the width stands alone."""
    lines = []
    current = ""
    for word in text.split():
        if current and len(current) + 1 + len(word) > width:
            lines.append(current)
            current = word
        else:
            current = current + " " + word if current else word
    if current:
        lines.append(current)
    return lines


def align_columns(rows, gap=2):
    """Rows of cells as text, every column as wide as its widest cell."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        lines.append((" " * gap).join(cells).rstrip())
    return "\n".join(lines)


def acronym(text):
    """First letters of the words that are not small."""
    return "".join(word[0].upper() for word in split_words(text) if word not in SMALL_WORDS)


def indent_of(line, tab=4):
    """Width of the white space before the first character."""
    width = 0
    for letter in line:
        if letter == " ":
            width += 1
        elif letter == "\t":
            width += tab - width % tab
        else:
            break
    return width


def dedent_block(lines):
    """Remove the indentation that all lines with text share."""
    margins = [indent_of(line) for line in lines if line.strip()]
    margin = min(margins, default=0)
    return [line.expandtabs(4)[margin:] for line in lines]


def check_squeeze_spaces():
    expect(squeeze_spaces("  late \t night\n train "))


def check_split_words():
    expect(split_words("Room 101: the blue-green door, left!"))
    expect(split_words("..."))
    expect(split_words("end9"))


def check_slugify_cuts_at_a_word():
    expect(slugify("The quick brown fox jumps over the lazy dog"))
    expect(slugify("Crème & Sugar", separator="_"))
    expect(slugify("exactly eighteen!!"))


def check_most_common_words():
    sample = "the cat and the dog and the bird saw a cat in the old old town"
    expect(most_common_words(sample))
    expect(most_common_words(sample, limit=5, shortest=2))


def check_common_prefix():
    expect(common_prefix(["interview", "internet", "interval"]))
    expect(common_prefix(["ab", "abc", "abd"]))
    expect(common_prefix(["x", "y"]))
    expect(common_prefix([]))


def check_run_length():
    expect(run_length_encode("aaabccd"))
    expect(run_length_decode([("x", 2), ("y", 1), ("z", 3)]))
    expect(run_length_decode(run_length_encode("mississippi")))


def check_shift_letters():
    expect(shift_letters("Zebra, quiz!", 3))
    expect(shift_letters("abc XYZ", -1))


def check_edit_distance():
    expect(edit_distance("kitten", "sitting"))
    expect(edit_distance("", "abc"))
    expect(edit_distance("flaw", "lawn"))
    expect(edit_distance("same", "same"))


def check_closest_word():
    expect(closest_word("comit", ["merge", "commit", "comet"]))
    expect(closest_word("qqqq", ["merge", "commit"]))
    expect(closest_word("merg", ["mergers", "merge", "verge"], limit=1))


def check_title_case():
    expect(title_case("the lord  of the rings"))
    expect(title_case("what we look forward to"))


def check_truncate():
    expect(truncate("hello world", 11))
    expect(truncate("hello world", 9))
    expect(truncate("hello world", 2))
    expect(truncate("hello world", 3))


def check_wrap_lines():
    expect(wrap_lines("one two three four five six", 9))
    expect(wrap_lines("a bb ccc dddd", 4))
    expect(wrap_lines("", 4))


def check_align_columns():
    expect(align_columns([["id", "name"], ["1", "lamp"], ["200", "x"]]))
    expect(align_columns([["a", "b"], ["cc", "d"]], gap=1))


def check_acronym():
    expect(acronym("the Department of Redundancy and Delay"))


def check_indent_of():
    expect(indent_of("    code"))
    expect(indent_of("  \tcode"))
    expect(indent_of("\t\tcode", tab=8))


def check_dedent_block():
    expect(dedent_block(["    if x:", "      y()", "", "    z()"]))
