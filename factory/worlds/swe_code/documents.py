"""Plain-text documents: headings, tables, links, templates, indexes and changes."""

from factory.worlds.swe_code import expect

DEEPEST_LEVEL = 4  # one of 3 4 5
WORDS_PER_MINUTE = 180  # one of 160 180 200 220


def headings(text):
    """(level, title) of the # headings; code between fences is skipped."""
    result = []
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        if fenced or not line.startswith("#"):
            continue
        title = line.lstrip("#")
        level = len(line) - len(title)
        if level <= DEEPEST_LEVEL and title.startswith(" "):
            result.append((level, title.strip()))
    return result


def numbered_outline(text):
    """Headings with numbers such as 2.1, one a line."""
    counters = [0] * DEEPEST_LEVEL
    lines = []
    for level, title in headings(text):
        counters[level - 1] += 1
        for deeper in range(level, DEEPEST_LEVEL):
            counters[deeper] = 0
        number = ".".join(str(value) for value in counters[:level])
        lines.append(f"{number} {title}")
    return lines


def anchor_names(titles):
    """Link targets of titles; repeated ones get a number."""
    used = {}
    names = []
    for title in titles:
        name = "-".join(title.lower().split())
        count = used.get(name, 0)
        used[name] = count + 1
        names.append(f"{name}-{count}" if count else name)
    return names


def table_lines(header, rows):
    """A table with bars; numbers stand at the right."""
    cells = [[str(value) for value in row] for row in [header, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = []
    for index, row in enumerate(cells):
        shown = []
        for value, width in zip(row, widths):
            shown.append(value.rjust(width) if value.lstrip("-").isdigit() else value.ljust(width))
        lines.append("| " + " | ".join(shown) + " |")
        if index == 0:
            lines.append("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return lines


def find_links(text):
    """(label, target) of all [label](target) links."""
    links = []
    for part in text.split("[")[1:]:
        label, closing, rest = part.partition("](")
        target, bracket, _ = rest.partition(")")
        if closing and bracket and " " not in target:
            links.append((label, target))
    return links


def fill_template(template, values):
    """Replace {name} and {name|default}; unknown names without default stay as they are."""
    result = ""
    rest = template
    for _ in range(template.count("{")):
        before, brace, tail = rest.partition("{")
        inside, closing, after = tail.partition("}")
        if not brace or not closing:
            break
        name, bar, default = inside.partition("|")
        if name in values:
            shown = str(values[name])
        elif bar:
            shown = default
        else:
            shown = "{" + inside + "}"
        result += before + shown
        rest = after
    return result + rest


def word_index(pages):
    """Word -> page numbers, for words longer than three letters."""
    index = {}
    for number, page in enumerate(pages, start=1):
        for word in page.lower().replace(",", " ").replace(".", " ").split():
            if len(word) > 3 and number not in index.setdefault(word, []):
                index[word].append(number)
    return dict(sorted((word, numbers) for word, numbers in index.items() if numbers))


def page_spans(numbers):
    """1-3, 5, 7-8 from sorted page numbers."""
    spans = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def changed_lines(before, after):
    """Lines with `-` and `+` signs between two texts that share a beginning and an end."""
    old, new = before.splitlines(), after.splitlines()
    start = 0
    for first, second in zip(old, new):
        if first != second:
            break
        start += 1
    end = 0
    for first, second in zip(reversed(old[start:]), reversed(new[start:])):
        if first != second:
            break
        end += 1
    removed = ["-" + line for line in old[start : len(old) - end]]
    added = ["+" + line for line in new[start : len(new) - end]]
    return removed + added


def front_matter(text):
    """(settings, body) of a text that opens with key: value lines between --- lines."""
    lines = text.splitlines()
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        return {}, text
    close = lines.index("---", 1)
    settings = {}
    for line in lines[1:close]:
        key, colon, value = line.partition(":")
        if colon:
            settings[key.strip()] = value.strip()
    return settings, "\n".join(lines[close + 1 :])


def reading_minutes(text):
    """Minutes to read a text, at least one."""
    words = len(text.split())
    return max(1, -(-words // WORDS_PER_MINUTE))


def footnotes(text):
    """Text with [^name] marks turned into numbers, and the names in their order."""
    names = []
    result = ""
    for index, part in enumerate(text.split("[^")):
        if index == 0:
            result += part
            continue
        name, bracket, rest = part.partition("]")
        if not bracket:
            result += "[^" + part
            continue
        if name not in names:
            names.append(name)
        result += f"[{names.index(name) + 1}]" + rest
    return result, names


def bullet_tree(lines, indent=2):
    """Nested [text, children] lists from indented bullets."""
    root = []
    levels = [root]
    for line in lines:
        depth = (len(line) - len(line.lstrip())) // indent
        node = [line.strip().lstrip("-* "), []]
        depth = min(depth, len(levels) - 1)
        levels = levels[: depth + 1]
        levels[depth].append(node)
        levels.append(node[1])
    return root


def check_headings():
    expect(headings("# One\ntext\n```\n# not this\n```\n## Two\n#Nope\n###### deep"))


def check_numbered_outline():
    expect(numbered_outline("# A\n## B\n## C\n### D\n# E\n## F"))


def check_anchor_names():
    expect(anchor_names(["First Steps", "Usage", "first  steps", "Usage", "Usage"]))


def check_table_lines():
    expect(table_lines(["name", "count"], [["oak", 12], ["birch", -3], ["x", 12345]]))


def check_find_links():
    expect(find_links("See [docs](http://d) and [broken](x y) or [a](b) [none]"))


def check_fill_template():
    expect(fill_template("Dear {name}, {greeting|hello} from {place}.", {"name": "Ann"}))
    expect(fill_template("{a}{b|}{a", {"a": 1}))


def check_word_index():
    expect(word_index(["The green house, old.", "A green door", "house and house"]))


def check_page_spans():
    expect([page_spans([1, 2, 3, 5, 7, 8]), page_spans([4]), page_spans([])])


def check_changed_lines():
    expect(changed_lines("a\nb\nc\nd", "a\nx\ny\nd"))
    expect([changed_lines("a\nb", "a\nb\nc"), changed_lines("a", "a"), changed_lines("a\na", "a")])


def check_front_matter():
    expect(front_matter("---\ntitle: Home: again\ndraft\n---\nHello\nyou"))
    expect(front_matter("no matter"))


def check_reading_minutes():
    expect([reading_minutes("word " * 450), reading_minutes("one two"), reading_minutes("word " * 180)])


def check_footnotes():
    expect(footnotes("One[^a] two[^b] three[^a] four[^open"))


def check_bullet_tree():
    expect(bullet_tree(["- a", "  - b", "    - c", "  - d", "- e", "      - f"]))
