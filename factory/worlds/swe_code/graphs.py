"""Graphs as dicts: node -> list of neighbours, or node -> {neighbour: weight}."""

import heapq
from collections import deque

from factory.worlds.swe_code import expect


def reverse_edges(graph):
    """The same nodes with every edge turned round."""
    result = {node: [] for node in graph}
    for node in graph:
        for neighbour in graph[node]:
            result.setdefault(neighbour, []).append(node)
    return result


def breadth_first(graph, start):
    """Nodes that can be reached, nearest first."""
    seen = {start}
    order = []
    queue = deque([start])
    while queue:
        node = queue.popleft()
        order.append(node)
        for neighbour in graph.get(node, ()):
            if neighbour not in seen:
                seen.add(neighbour)
                queue.append(neighbour)
    return order


def hop_counts(graph, start):
    """Node -> number of edges on the shortest way from the start."""
    hops = {start: 0}
    for node in breadth_first(graph, start):
        for neighbour in graph.get(node, ()):
            if neighbour not in hops:
                hops[neighbour] = hops[node] + 1
    return hops


def shortest_route(graph, start, goal):
    """Nodes of a shortest way, ends included; an empty list when there is none."""
    hops = hop_counts(graph, start)
    if goal not in hops:
        return []
    backwards = reverse_edges(graph)
    route = [goal]
    for distance in range(hops[goal] - 1, -1, -1):
        nearer = [node for node in backwards[route[-1]] if hops.get(node) == distance]
        route.append(min(nearer))
    route.reverse()
    return route


def topological_order(graph):
    """Nodes such that every edge points forward. Raises ValueError when the graph has a cycle."""
    incoming = {node: 0 for node in graph}
    for node in graph:
        for neighbour in graph[node]:
            incoming[neighbour] = incoming.get(neighbour, 0) + 1
    ready = [node for node, number in incoming.items() if number == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        node = heapq.heappop(ready)
        order.append(node)
        for neighbour in graph.get(node, ()):
            incoming[neighbour] -= 1
            if incoming[neighbour] == 0:
                heapq.heappush(ready, neighbour)
    if len(order) < len(incoming):
        raise ValueError("the graph has a cycle")
    return order


def has_cycle(graph):
    """Whether some node can be reached from itself."""
    try:
        topological_order(graph)
    except ValueError:
        return True
    return False


def components(graph):
    """Groups of nodes that hang together, edges taken both ways; largest first."""
    backwards = reverse_edges(graph)
    both = {node: list(graph.get(node, ())) + backwards[node] for node in backwards}
    seen = set()
    groups = []
    for node in sorted(both):
        if node not in seen:
            group = breadth_first(both, node)
            seen.update(group)
            groups.append(sorted(group))
    return sorted(groups, key=lambda group: (-len(group), group))


def cheapest_costs(weights, start):
    """Node -> smallest sum of weights from the start (Dijkstra)."""
    costs = {}
    heap = [(0, start)]
    while heap:
        cost, node = heapq.heappop(heap)
        if node in costs:
            continue
        costs[node] = cost
        for neighbour, weight in weights.get(node, {}).items():
            if neighbour not in costs:
                heapq.heappush(heap, (cost + weight, neighbour))
    return costs


def spanning_edges(edges):
    """Edges (weight, a, b) of a lightest tree over all nodes (Kruskal)."""
    leader = {}
    for _, first, second in edges:
        leader[first] = first
        leader[second] = second
    chosen = []
    for weight, first, second in sorted(edges):
        old, new = leader[first], leader[second]
        if old != new:
            chosen.append((weight, first, second))
            for node in leader:
                if leader[node] == old:
                    leader[node] = new
    return chosen


def degree_table(graph):
    """Node -> (edges that come in, edges that go out)."""
    backwards = reverse_edges(graph)
    return {node: (len(backwards[node]), len(graph.get(node, ()))) for node in sorted(backwards)}


def two_sides(graph):
    """Split the nodes into two sides without inner edges, or None when that is impossible."""
    side = {}
    for root in graph:
        if root in side:
            continue
        side[root] = 0
        for node in breadth_first(graph, root):
            for neighbour in graph[node]:
                if neighbour not in side:
                    side[neighbour] = 1 - side[node]
                elif side[neighbour] == side[node]:
                    return None
    left = sorted(node for node in side if side[node] == 0)
    right = sorted(node for node in side if side[node] == 1)
    return left, right


def longest_chain(graph):
    """Number of nodes on the longest path of a graph without cycles."""
    length = {}
    for node in reversed(topological_order(graph)):
        length[node] = 1 + max((length[neighbour] for neighbour in graph.get(node, ())), default=0)
    return max(length.values(), default=0)


def check_reverse_edges():
    expect(reverse_edges({"a": ["b", "c"], "b": ["c"], "c": []}))
    expect(reverse_edges({"a": ["z"]}))


def check_breadth_first():
    expect(breadth_first({1: [2, 3], 2: [4], 3: [4, 5], 4: [1], 5: []}, 1))
    expect(breadth_first({1: [2], 2: [], 3: [1]}, 2))


def check_hop_counts():
    expect(hop_counts({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["e"]}, "a"))


def check_shortest_route():
    graph = {"a": ["b", "c"], "b": ["d"], "c": ["d", "e"], "d": ["f"], "e": ["f"], "f": []}
    expect(shortest_route(graph, "a", "f"))
    expect(shortest_route(graph, "f", "a"))
    expect(shortest_route(graph, "b", "b"))


def check_topological_order():
    expect(topological_order({"shirt": ["tie"], "tie": ["jacket"], "trousers": ["shoes", "jacket"]}))
    expect(topological_order({3: [1], 2: [1], 1: []}))


def check_has_cycle():
    expect(has_cycle({"a": ["b"], "b": ["c"], "c": ["a"]}))
    expect(has_cycle({"a": ["b", "c"], "b": ["c"], "c": []}))


def check_components():
    expect(components({1: [2], 2: [], 3: [4], 4: [5], 5: [], 6: []}))


def check_cheapest_costs():
    expect(cheapest_costs({"a": {"b": 7, "c": 2}, "c": {"b": 3, "d": 8}, "b": {"d": 1}}, "a"))


def check_spanning_edges():
    expect(spanning_edges([(4, "a", "b"), (1, "b", "c"), (3, "a", "c"), (2, "c", "d"), (5, "b", "d")]))


def check_degree_table():
    expect(degree_table({"a": ["b", "c"], "b": ["c"], "c": []}))


def check_two_sides():
    expect(two_sides({1: [2, 4], 2: [1, 3], 3: [2, 4], 4: [1, 3]}))
    expect(two_sides({1: [2, 3], 2: [1, 3], 3: [1, 2]}))


def check_longest_chain():
    expect(longest_chain({"a": ["b", "d"], "b": ["c"], "c": ["d"], "d": []}))
    expect(longest_chain({}))
