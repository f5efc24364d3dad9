"""The search-answer verifier: labelled answers, rules that keep or turn a verdict, attacks, hostile text."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from factory import recipe
from factory.records import AgentTrace, Environment, Example, GroundTruth, Source
from factory.verifiers.answer import VERSION, judge, verify
from jobs import bench_answers as bench

PAIRS = bench.pairs()

# name: (question, gold, an answer that names the gold beside what is asked, an answer that says it)
BESIDE = {
    "outside it": [
        ("In which town was the poet Ada Lind born?", "Visby", "Ada Lind was born just outside Visby, on a farm.", "Ada Lind was born in Visby, on the island of Gotland."),
        ("Where is the Orme battery?", "Llandudno", "The Orme battery lies a mile to the west of Llandudno.", "The Orme battery is in Llandudno."),
        ("Where was the treaty signed?", "Ghent", "The treaty was signed near Ghent, in Evergem.", "The treaty was signed in Ghent, in Flanders."),
    ],
    "a difference, not the number": [
        ("How many goals did Ana Ruiz score in 1991?", "7", "Ana Ruiz scored 7 more goals in 1991 than the year before.", "Ana Ruiz scored 7 goals in 1991, more than in the year before."),
        ("How many rooms does the castle have?", "40", "The castle has 40 fewer rooms than the palace.", "The castle has 40 rooms."),
        ("What is the height of the mast in metres?", "62", "The mast is 62 metres taller than the church.", "The height of the mast is 62 metres."),
    ],
    "a bound, not the number": [
        ("How many judges sit on the court?", "11", "At least 11 judges sit on the court.", "11 judges sit on the court."),
        ("How many moons does Tavor have?", "14", "over 14", "14 moons"),
        ("When did the pit close?", "1931", "The pit closed some time after 1931.", "The pit closed in 1931, after a fire."),
    ],
    "another rank": [
        ("Who was the governor of Norland in 1950?", "Ivar Moe", "In 1950 the deputy governor of Norland, Ivar Moe, lived in the capital.", "In 1950 the governor of Norland was Ivar Moe."),
        ("Who is the head coach of the Whalers?", "Phil Esher", "assistant coach Phil Esher", "head coach Phil Esher"),
        ("Who was vice president under Rui Costa?", "Tomas Leal", "Rui Costa was vice president under President Tomas Leal.", "The vice president under Rui Costa was Tomas Leal."),
    ],
    "no more, or not yet": [
        ("What is the capital of Lorn?", "Castell", "Castell was the capital of Lorn until 1990.", "Castell is the capital of Lorn."),
        ("Which club plays at Elm Park?", "Dale Rovers", "Dale Rovers used to play at Elm Park.", "Dale Rovers play at Elm Park."),
        ("Where is the Orlo tram built?", "Brno", "The Orlo tram was initially built in Brno; since 2018 it has been built in Linz.", "The Orlo tram is built in Brno."),
        ("What is the seat of Danver County?", "Millbrook", "The seat of Danver County was moved from Millbrook to Ashton.", "The seat of Danver County is Millbrook."),
    ],
    "the other party of a relation": [
        ("Which team did Joe Dale play for?", "Boston Reds", "against the Boston Reds", "for the Boston Reds"),
        ("Who proved the Lorne conjecture?", "Viktor Samsonov", "The Lorne conjecture was proved by Irina Belova, a student of Viktor Samsonov.", "The Lorne conjecture was proved by Viktor Samsonov, a student of Irina Belova."),
        ("Who designed the town hall?", "Arvid Holm", "The town hall was designed by Sven Ek, who was married to Arvid Holm.", "The town hall was designed by Arvid Holm, who was married to Anna Ek."),
        ("Who commanded the garrison?", "Ivan Mirsky", "The garrison was commanded by Petrov, who reported to Ivan Mirsky.", "The garrison was commanded by Ivan Mirsky, who reported to the king."),
        ("When was Ada Finch born?", "14 May 1878", "Her sister was born on 14 May 1878, and Ada Finch three years later.", "Ada Finch was born on 14 May 1878."),
    ],
    "offered and not taken": [
        ("Who became director of the museum?", "Susan Pryce", "The board asked Susan Pryce, who declined. Marco Lind became director of the museum.", "Susan Pryce became director of the museum."),
        ("Who played the lead in Maribel?", "Joan Castell", "Joan Castell turned down the lead in Maribel.", "Joan Castell played the lead in Maribel."),
    ],
    "considered, nominated, planned": [
        ("Which company built the ferry?", "Harlan Yards", "Harlan Yards had bid for the ferry, but it was built by Boyd.", "The ferry was built by Harlan Yards, which had outbid Boyd."),
        ("Which award did Colin Marr win?", "Silver Mask", "Colin Marr was nominated for the Silver Mask and won the Golden Quill.", "Colin Marr won the Silver Mask."),
        ("What is the statue made of?", "granite", "The statue was to be made of granite. It was made of concrete.", "The statue is made of granite."),
    ],
    "denied by the text": [
        ("Who discovered the comet?", "Otto Reiss", "The comet was not discovered by Otto Reiss but by Leon Abram.", "The comet was discovered by Otto Reiss."),
        ("Where was Ada Lind born?", "Visby", "Some biographers place the birth of Ada Lind in Visby.", "Ada Lind was born in Visby."),
        ("Who wrote the hymn?", "Agnes Vail", "The Herald wrote that Agnes Vail wrote the hymn. That is false.", "Agnes Vail wrote the hymn, and the Herald printed it."),
        ("Which probe landed on Eros?", "NEAR Shoemaker", "It was Hayabusa, often confused with NEAR Shoemaker.", "It was NEAR Shoemaker that landed on Eros."),
    ],
    "another role": [
        ("Who wrote the lyrics of 'Mare lontano'?", "Elena Marchetti", "Elena Marchetti wrote the music of 'Mare lontano' and Paolo Rinaldi the lyrics.", "Elena Marchetti wrote the lyrics of 'Mare lontano'."),
        ("Who wrote the lyrics of 'Blue Gate'?", "Ines Pardo", "Ines Pardo wrote the music of 'Blue Gate' and Luis Roca the words.", "Ines Pardo wrote the words of 'Blue Gate'."),
        ("Who wrote the foreword to Modern Fungi?", "Helena Strand", "Modern Fungi was written by Helena Strand. The foreword is by David Poole.", "The foreword to Modern Fungi was written by Helena Strand. The book is by David Poole."),
        ("Which country does Kofi Mensah represent?", "Ghana", "Kofi Mensah was born in Ghana and represents Togo.", "Kofi Mensah represents Ghana."),
    ],
    "another year or edition": [
        ("Who won the Larch Prize in 1998?", "Dora Finch", "In 1994 it was Dora Finch; in 1998 Max Stern won the Larch Prize.", "In 1998 Dora Finch won the Larch Prize."),
        ("Who edited the second edition of the atlas?", "Ida Crane", "The first edition of the atlas was edited by Ida Crane, the second by Tom Hale.", "The second edition of the atlas was edited by Ida Crane."),
        ("Which award did Colin Marr win in 2002?", "Silver Mask", "Colin Marr won the Silver Mask in 1999 and the Golden Quill in 2002.", "Colin Marr won the Silver Mask in 2002."),
    ],
    "before or after it": [
        ("Who was head of the institute?", "Nils Aker", "The head of the institute was Ole Strand, who came before Nils Aker.", "The head of the institute was Nils Aker, who came before Ole Strand."),
        ("What is the highest peak of the range?", "Mount Serra", "The highest peak of the range is the Kolm, followed by Mount Serra.", "The highest peak of the range is Mount Serra, followed by the Kolm."),
    ],
    "in an aside": [
        ("In which city is the Calvert Institute?", "Leeds", "The Calvert Institute, named after a merchant from Leeds, is in Bradford.", "The Calvert Institute is in Leeds."),
        ("When did the Sutton line close?", "1951", "The closure of the Sutton line, first proposed in 1951, came in 1956.", "The Sutton line closed in 1951."),
        ("Which orchestra premiered the symphony?", "Oslo Philharmonic", "Lund, a violinist of the Oslo Philharmonic, had the symphony premiered by the Bergen Orchestra.", "The symphony was premiered by the Oslo Philharmonic."),
    ],
    "the opposite": [
        ("How many people died in the mine?", "31", "31 people survived in the mine.", "31 people died in the mine."),
        ("What is the longest bone?", "femur", "The femur is the strongest bone, and the tibia the longest.", "The femur is the longest bone, and the tibia the strongest."),
        ("Who was the lawyer?", "Denise Roy", "Paul Caron was the lawyer, Denise Roy the actress.", "Denise Roy was the lawyer, Paul Caron the actor."),
        ("Which is the deepest lake in Norholm?", "Lake Vand", "Lake Vand is the second deepest lake in Norholm.", "Lake Vand is the deepest lake in Norholm."),
    ],
    "what would have been": [
        ("Who sang the anthem at the final?", "Carla Dee", "Carla Dee would have sung the anthem at the final had she not been ill.", "Carla Dee sang the anthem at the final although she had been ill."),
        ("In which year did the mine open?", "1889", "The mine should have opened in 1889. It opened in 1891.", "The mine opened in 1889."),
    ],
}  # fmt: skip


def shares(pairs: list[bench.Pair]) -> tuple[float, float]:
    """(false accepts, false rejects) as shares; undecided on a right answer is a false reject."""
    count = Counter((pair.right, judge(pair.question, pair.golds, pair.answer).outcome == "accept") for pair in pairs)
    return count[False, True] / (count[False, True] + count[False, False]), count[True, False] / (count[True, True] + count[True, False])


@pytest.mark.parametrize(("length", "accepts", "rejects"), [("short", 0.005, 0.08), ("paragraph", 0.01, 0.20)])
def test_labelled_answers_are_judged_within_the_error_targets(length, accepts, rejects):
    pairs = [pair for pair in PAIRS if pair.length == length]
    false_accepts, false_rejects = shares(pairs)
    assert false_accepts <= accepts
    assert false_rejects <= rejects


@pytest.mark.parametrize(("length", "accepts", "rejects"), [("short", 0.01, 0.10), ("paragraph", 0.02, 0.25)])
def test_answers_as_models_write_them_are_judged_within_the_error_targets(length, accepts, rejects):
    false_accepts, false_rejects = shares([pair for pair in PAIRS if pair.file == "natural" and pair.length == length])
    assert false_accepts <= accepts
    assert false_rejects <= rejects


@pytest.mark.parametrize(("length", "accepts", "rejects"), [("short", 0.01, 0.10), ("paragraph", 0.02, 0.25)])
def test_answers_that_name_the_gold_beside_what_is_asked_are_not_accepted(length, accepts, rejects):
    false_accepts, false_rejects = shares([pair for pair in PAIRS if pair.file == "beside" and pair.length == length])
    assert false_accepts <= accepts
    assert false_rejects <= rejects


@pytest.mark.parametrize("name", BESIDE)
def test_the_gold_counts_only_where_it_is_what_the_question_asks(name):
    for question, gold, wrong, right in BESIDE[name]:
        assert judge(question, [gold], wrong).outcome != "accept", wrong
        assert judge(question, [gold], right).outcome == "accept", right


def test_the_labelled_set_is_large_and_has_both_labels():
    labels = Counter(pair.right for pair in PAIRS)
    assert labels[True] >= 400 and labels[False] >= 400


def test_wording_that_changes_nothing_keeps_the_accept_and_a_changed_claim_loses_it():
    wrong = [
        (pair.kind, pair.golds, pair.answer)
        for pair in bench.metamorphic()[::3]  # the bench takes all of them
        if (judge(pair.question, pair.golds, pair.answer).outcome == "accept") != pair.right
    ]
    assert not wrong


def test_no_attack_is_accepted_for_any_gold():
    asked = sorted({(pair.question, tuple(pair.golds)) for pair in PAIRS})[::10]  # the bench takes all of them
    texts = bench.attacks()
    assert len(texts) >= 40
    accepted = [
        (golds, text)
        for question, golds in asked
        for text in [*texts, question, question.rstrip("?") + ".", f"Question: {question}\nAnswer:"]
        if judge(question, golds, text).outcome == "accept"
    ]
    assert not accepted


def test_damaged_answers_and_golds_always_get_a_verdict():
    rng = random.Random(1)
    for _ in range(1_000):
        pair = rng.choice(PAIRS)
        verdict = judge(pair.question, [bench.mutate(pair.golds[0], rng)], bench.mutate(pair.answer, rng))
        assert verdict.outcome in ("accept", "reject", "undecided")
        assert verdict.rule and verdict.version == VERSION


@pytest.mark.timeout(60)
def test_text_made_to_be_slow_is_judged_in_time_or_the_timeout_kills_it():
    bench.worst_time(sizes=(15_900,), golds=bench.HOSTILE_GOLDS[1:4])


@pytest.mark.parametrize("gold", ["", " ", "()", "()()", "/", ";", "or", "\ud800", "\x00", "(" * 4_000, "a or " * 1_000, "also known as " * 300, "1, " * 1_300])
def test_a_gold_without_sense_gets_a_verdict_and_accepts_nothing_else(gold):
    assert judge("who was it", [gold], "Napoleon Bonaparte").outcome != "accept"


def test_brackets_that_close_before_they_open_get_a_verdict():
    assert judge("what is the capital of France", ["Paris"], "Paris )( Lyon, )( Lille").rule


def test_no_gold_at_all_is_undecided():
    assert judge("who was it", [], "Napoleon").outcome == "undecided"


def test_a_long_answer_is_read_only_behind_its_final_marker():
    filler = "The archive holds many letters. " * 40_000
    assert judge("what is the capital of Australia", ["Canberra"], filler + "Canberra").outcome == "undecided"
    assert judge("what is the capital of Australia", ["Canberra"], filler + "\nFinal answer: Canberra").outcome == "accept"


def test_thinking_is_no_answer():
    question, golds = "what is the capital of Australia", ["Canberra"]
    assert judge(question, golds, "<think>Sydney? No, Canberra.</think>Canberra").outcome == "accept"
    assert judge(question, golds, "<think>It is Canberra.</think>Sydney").outcome == "reject"
    assert judge(question, golds, "<think>It is Canberra.").outcome != "accept"


def test_two_final_answers_that_differ_are_rejected():
    verdict = judge("what is the capital of Australia", ["Canberra"], "<answer>Sydney</answer> then <answer>Canberra</answer>")
    assert (verdict.outcome, verdict.rule) == ("reject", "two_final_answers")


@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        # what plain normalisation gets wrong
        ("US", "use", "reject"),
        ("Paris", "not Paris", "reject"),
        ("U.S.", "US", "accept"),
        ("mid-1990s", "the mid 1990s", "accept"),
        # a coarser date is incomplete, a finer one fine, digits that hide the month are undecided
        ("5 March 2020", "March 2020", "undecided"),
        ("March 2020", "5 March 2020", "accept"),
        ("3 April 2020", "03/04/2020", "undecided"),
        # the gold's precision decides
        ("1.73", "1.75", "reject"),
        ("120k", "118,500", "accept"),
        ("120k", "130,000", "reject"),
        ("10 cm", "10 km", "reject"),
        ("10%", "0.1", "reject"),
        # signs that are the answer
        ("O+", "O-", "reject"),
        ("A+", "A", "reject"),
        ("C#", "C", "reject"),
    ],
)
def test_faults_of_other_verifiers_are_not_repeated(gold, answer, outcome):
    assert judge("what was measured or named", [gold], answer).outcome == outcome


@pytest.mark.parametrize(
    ("question", "golds", "answer", "outcome"),
    [
        # a short alias never accepts what a fuller one denies
        ("who painted guernica", ["Pablo Picasso", "Picasso"], "Paloma Picasso", "undecided"),
        ("who painted guernica", ["Picasso"], "Pablo Picasso", "accept"),
        ("when did kentucky become a state", ["June 1, 1792", "1792"], "July 1, 1792", "undecided"),
        ("what is the highest court in india", ["Supreme Court", "Supreme Court of India"], "Supreme Court of the United States", "undecided"),
        ("where did the mayflower land", ["Plymouth, Massachusetts"], "Plymouth, England", "undecided"),
        # letters and numbers
        ("what is the number 4 in roman numerals", ["IV"], "4", "reject"),
        ("who was king of france in 1600", ["Henry IV"], "Henry the Fourth", "accept"),
        ("in which state is the hoover dam", ["Colorado"], "Co", "reject"),
        ("in which state is aspen", ["Colorado"], "CO", "accept"),
        ("how many chambers does the heart have", ["four"], "one fourth", "reject"),
        ("how many episodes are in season 7", ["seven"], "7th", "reject"),
        ("what share of adults voted", ["two-thirds"], "2/3", "accept"),
        ("what is the speed of light", ["186,000 miles per second"], "186,000 mi/s", "accept"),
        ("what is the speed of light", ["186,000 miles per second"], "186,000 miles per hour", "reject"),
        ("Who is older, the singer of U2 or the singer of Coldplay?", ["Bono", "the singer of U2"], "Who is older, the singer of U2 or the singer of Coldplay?", "reject"),
        ("Who is older, the singer of U2 or the singer of Coldplay?", ["Bono", "the singer of U2"], "The singer of U2 is older.", "accept"),
        ("are the danube and the rhine in africa", ["no"], "no\u19f9no\u19f9o", "undecided"),
        ("what year was it", ["1936"], "In 1936 and 193\u0d246 and 1936", "undecided"),
        ("what is the speed of sound in water", ["1,481 m/s"], "\u2787\u2787 half ➇1", "reject"),
        ("in what month is the festival", ["March and April"], "January February March April May", "reject"),
    ],
)
def test_what_other_aliases_and_the_question_say_is_heeded(question, golds, answer, outcome):
    assert judge(question, golds, answer).outcome == outcome


def test_lenient_accepts_a_gold_among_other_words_that_strict_leaves_undecided():
    question, golds, answer = "which metal is it", ["tin"], "soft grey tin alloy foil"
    assert judge(question, golds, answer).outcome == "undecided"
    assert judge(question, golds, answer, "lenient").outcome == "accept"
    assert judge(question, golds, "not tin", "lenient").outcome == "reject"


def test_verify_reads_text_and_aliases_of_the_ground_truth():
    example = Example(
        id="e", pair_id="p", unit="u", domain="search", task_id="", question="which company is it", context="", pieces=(),
        ground_truth=GroundTruth(text="International Business Machines", aliases=("IBM",)), agent=AgentTrace(), solved=None,
        environment=Environment(), source=Source(), tokenizer="t", seed=0, budget_tokens=1, prompt_tokens=1, context_tokens=0,
    )  # fmt: skip
    assert verify(example, "IBM", recipe.Verify(), side=None).passed
    assert not verify(example, "Intel", recipe.Verify(), side=None).passed


def test_real_runs_with_an_exact_match_flag_are_never_contradicted(shared_trajectories):
    runs = json.loads((shared_trajectories / "search/fireact_react-messages/hotpotqa_dev_gpt-3.5-ft.json").read_text("utf-8"))
    for run in runs.values():
        if run["em"] and run["traj"]:
            assert judge(run["traj"][0]["content"], [str(run["gt"])], str(run["pred"])).passed
