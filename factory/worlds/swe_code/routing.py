"""Paths, addresses, permissions and which handler gets a request."""

from factory.worlds.swe_code import expect

DEFAULT_PORTS = {"http": 80, "https": 443, "ftp": 21}
PAGE_SIZE = 25  # one of 10 20 25 50
ROLE_ORDER = ("guest", "reader", "writer", "owner")


def normalise_path(path):
    """Remove empty parts and `.`, resolve `..`; never above the root."""
    parts = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if parts:
                parts.pop()
        else:
            parts.append(part)
    return "/" + "/".join(parts)


def join_path(base, relative):
    """Path of a link that stands on the page `base`."""
    if relative.startswith("/"):
        return normalise_path(relative)
    folder = base.rsplit("/", 1)[0]
    return normalise_path(folder + "/" + relative)


def match_pattern(pattern, path):
    """Values of the `<name>` parts, or None when the path does not fit; `<name*>` takes the rest."""
    wanted = pattern.strip("/").split("/")
    parts = path.strip("/").split("/")
    values = {}
    for index, piece in enumerate(wanted):
        if piece.startswith("<") and piece.endswith("*>"):
            values[piece[1:-2]] = "/".join(parts[index:])
            return values
        if index >= len(parts):
            return None
        if piece.startswith("<") and piece.endswith(">"):
            values[piece[1:-1]] = parts[index]
        elif piece != parts[index]:
            return None
    return values if len(parts) == len(wanted) else None


def find_handler(routes, method, path):
    """(handler, values) of the first route (method, pattern, handler) that fits, else (None, {})."""
    for allowed, pattern, handler in routes:
        if allowed not in (method, "ANY"):
            continue
        values = match_pattern(pattern, path)
        if values is not None:
            return handler, values
    return None, {}


def split_address(url):
    """(scheme, host, port, path) of an address; the port comes from the scheme where it is missing."""
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    host, colon, port = place.partition(":")
    number = int(port) if colon else DEFAULT_PORTS.get(scheme, 0)
    return scheme, host.lower(), number, slash + path


def ip_number(text):
    """Number of a dotted address. Raises ValueError when a part is out of range."""
    parts = [int(part) for part in text.split(".")]
    if len(parts) != 4 or any(not 0 <= part <= 255 for part in parts):
        raise ValueError(f"not an address: {text}")
    number = 0
    for part in parts:
        number = number * 256 + part
    return number


def ip_text(number):
    """Dotted form of a number."""
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def in_network(address, network):
    """Whether an address belongs to a network such as 10.1.0.0/16."""
    base, _, width = network.partition("/")
    shift = 32 - int(width)
    return ip_number(address) >> shift == ip_number(base) >> shift


def network_range(network):
    """First and last address of a network."""
    base, _, width = network.partition("/")
    size = 1 << 32 - int(width)
    first = ip_number(base) // size * size
    return ip_text(first), ip_text(first + size - 1)


def next_hop(table, address):
    """Gateway of the most specific network that holds the address, or None."""
    best = None
    best_width = -1
    for network, gateway in table.items():
        width = int(network.split("/")[1])
        if width > best_width and in_network(address, network):
            best = gateway
            best_width = width
    return best


def is_allowed(role, wanted):
    """Whether a role is at least the wanted one."""
    return ROLE_ORDER.index(role) >= ROLE_ORDER.index(wanted)


def decide(rules, user, action, resource):
    """Last fitting rule (effect, user, action, resource prefix) wins; without one the answer is no."""
    allowed = False
    for effect, who, what, prefix in rules:
        if who in (user, "*") and what in (action, "*") and resource.startswith(prefix):
            allowed = effect == "allow"
    return allowed


def page_bounds(page, num_rows, size=PAGE_SIZE):
    """(first row, row after the last) of a 1-based page, kept inside the rows."""
    pages = max(1, -(-num_rows // size))
    page = min(max(page, 1), pages)
    start = (page - 1) * size
    return start, min(start + size, num_rows)


def accept_order(header):
    """Media types of an Accept header, best quality first, ties in their order."""
    entries = []
    for place, part in enumerate(header.split(",")):
        name, _, options = part.strip().partition(";")
        quality = 1.0
        if options.strip().startswith("q="):
            quality = float(options.strip()[2:])
        if quality > 0:
            entries.append((-quality, place, name.strip()))
    return [name for _, _, name in sorted(entries)]


def check_normalise_path():
    expect([normalise_path(path) for path in ("/a/./b//c/", "/a/b/../../..", "x/../y", "")])


def check_join_path():
    expect([join_path("/docs/guide/intro", "../api"), join_path("/docs/guide", "setup"), join_path("/a", "/b/./c")])


def check_match_pattern():
    expect(match_pattern("/users/<id>/posts/<post>", "/users/7/posts/42"))
    expect([match_pattern("/users/<id>", "/users"), match_pattern("/users", "/users/7")])
    expect(match_pattern("/files/<rest*>", "/files/a/b/c"))


def check_find_handler():
    routes = [("GET", "/", "home"), ("POST", "/items", "create"), ("ANY", "/items/<id>", "item")]
    expect([find_handler(routes, "GET", "/items/9"), find_handler(routes, "GET", "/items")])
    expect(find_handler(routes, "POST", "/items"))


def check_split_address():
    expect(split_address("https://Example.org/a/b?c=1"))
    expect([split_address("http://localhost:8080"), split_address("ftp://files.net/x")])


def check_ip_number():
    expect([ip_number("10.0.0.1"), ip_text(3232235777), ip_text(ip_number("255.1.2.3"))])


def check_in_network():
    expect([in_network("10.1.200.3", "10.1.0.0/16"), in_network("10.2.0.1", "10.1.0.0/16")])


def check_network_range():
    expect(network_range("192.168.5.77/26"))


def check_next_hop():
    table = {"0.0.0.0/0": "wan", "10.0.0.0/8": "core", "10.1.0.0/16": "lab"}
    expect([next_hop(table, address) for address in ("10.1.2.3", "10.9.9.9", "8.8.8.8")])
    expect(next_hop({"10.0.0.0/8": "core"}, "11.0.0.1"))


def check_is_allowed():
    expect([is_allowed("writer", "reader"), is_allowed("reader", "reader"), is_allowed("guest", "owner")])


def check_decide():
    rules = [("allow", "*", "read", "/"), ("deny", "*", "*", "/secret"), ("allow", "ann", "*", "/secret/a")]
    expect([decide(rules, "bob", "read", "/x"), decide(rules, "bob", "write", "/x")])
    expect([decide(rules, "bob", "read", "/secret/a"), decide(rules, "ann", "write", "/secret/a")])


def check_page_bounds():
    expect([page_bounds(page, 61, size=20) for page in (0, 1, 3, 4, 9)])
    expect([page_bounds(1, 0), page_bounds(2, 90)])


def check_accept_order():
    expect(accept_order("text/plain;q=0.5, text/html, image/png;q=0, application/json;q=0.9"))
