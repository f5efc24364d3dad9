"""The search-answer verifier on sentences: each rule with answers that it accepts and neighbours that it must not."""

from __future__ import annotations

import pytest

from factory.verifiers.answer import judge

# name: (question, gold, an answer that says it, a neighbour that does not)
SAID = {
    "the first thing named, in other words than the question": [
        ("Who was the target of the plot of 1944?", "Hitler", "The 1944 plot targeted Hitler; Claus von Stauffenberg placed the bomb.", "The 1944 plot targeted Henning Tresk; Hitler placed his trust in Stauffenberg."),
        ("Who founded the Harwell Observatory?", "Edith Crane", "The Harwell Observatory goes back to Edith Crane, whose pupil Louis Gray ran it later.", "The Harwell Observatory, where Edith Crane worked for thirty years, was founded by Louis Gray."),
        ("Who wrote the novel 'The Quiet Harbor'?", "Eleanor Voss", "The Quiet Harbor was Eleanor Voss's first published novel, and Peter Voss illustrated it.", "The Quiet Harbor, with a foreword by Eleanor Voss, was written by Peter Voss."),
        ("What is the northernmost town in Skarn?", "Ulvik", "Ulvik is the northernmost town in Skarn; the southernmost is Tarn.", "Ulvik is the southernmost town in Skarn; the northernmost is Tarn."),
        ("what is the official language of Orval", "French", "French is the official language of Orval, although German is the most spoken.", "The official language of Orval is German, although many people understand French."),
        ("how many rooms does the Hotel Astor have", "212", "The Hotel Astor has 212 rooms, while its neighbour has 340 rooms.", "The Hotel Astor, which opened with 212 rooms, has 340 rooms today."),
        ("what is the main ingredient of valka", "cabbage", "The main ingredient of valka is cabbage, cooked with beetroot and dill.", "The main ingredient of valka is beetroot, cooked with cabbage and dill."),
    ],
    "a verb that the question does not have": [
        ("who sang the anthem at the final", "Lady Gaga", "Lady Gaga performed the anthem at the final, which was held at Levi Stadium.", "Lady Gaga missed the anthem at the final, which Beyoncé sang."),
        ("who has won the most slams", "Novak Djokovic", "As of 2023, Novak Djokovic holds the record for the most slams with 24, ahead of Rafael Nadal.", "As of 2023, Rafael Nadal holds the record for the most slams with 24, ahead of Novak Djokovic."),
        ("Who was appointed bishop of Tarn?", "Louis Bonnet", "Louis Bonnet followed as bishop of Tarn when Jean Morel resigned.", "Louis Bonnet resigned as bishop of Tarn, and Jean Morel was appointed."),
        ("who painted the girl", "Johannes Vermeer", "The Girl is an oil painting by Dutch Golden Age painter Johannes Vermeer.", "The Girl is an oil painting by Carel Fabritius, painter like Johannes Vermeer."),
    ],
    "a place that the question's own words name": [
        ("where is the tv show the curse of oak island filmed", "Oak Island", "The show is filmed on Oak Island, off Nova Scotia.", "The Curse of Oak Island is filmed in Newfoundland, on a farm."),
        ("what county is lancaster pennsylvania in", "Lancaster", "Lancaster County", "Lancaster, Pennsylvania is in York County."),
    ],
    "in brackets, behind a with or a but": [
        ("who wrote the bfg", "Roald Dahl", "The BFG (short for The Big Friendly Giant) is a book by British novelist Roald Dahl.", "The BFG (illustrated by Roald Dahl) is a book by British novelist Quentin Blake."),
        ("which continent is egypt in", "Africa", "Egypt is in Africa, with the Sinai forming a bridge to Asia.", "Egypt is in Asia, with the Nile Valley in Africa."),
        ("who led the expedition", "Ferdinand Magellan", "Ferdinand Magellan led the expedition, but he was killed in the Philippines.", "Ferdinand Magellan planned the expedition, but Juan Elcano led it."),
    ],
    "what is said until when": [
        ("who was the leader during the war", "Joseph Stalin", "Joseph Stalin was the leader during the war. He had been in power since 1924 and remained so until 1953.", "Joseph Stalin was the leader until the war; since then it has been Georgi Malenkov."),
    ],
    "items written small": [
        ("what did marie curie discover", "polonium and radium", "Marie Curie discovered two elements, polonium and radium, with her husband.", "Marie Curie discovered two elements, polonium and thorium, with her husband."),
        ("who discovered the structure", "Watson and Crick", "The structure was discovered by Watson and Crick.", "The structure was discovered by Linus Pauling. Watson and Crick came to it later."),
    ],
    "a rival of another class than is asked": [
        ("In which US state did Mount Serra erupt in 1980?", "Washington", "Mount Serra, which erupted on May 18, 1980, lies in Skamania County in the state of Washington.", "Mount Serra, which erupted on May 18, 1980, lies in Washington County in the state of Oregon."),
        ("who was the ruler of england in 1616", "James I", "In 1616 England was ruled by King James I (James VI of Scotland).", "In 1616 England was ruled by King James II (James VII of Scotland)."),
    ],
    "an opening that holds the answer alone": [
        ("who plays Penny in the series", "Kaley Cuoco", "Kaley Cuoco. Jim Parsons and Johnny Galecki play her neighbours.", "Jim Parsons. Kaley Cuoco and Johnny Galecki play his neighbours."),
        ("when did the wall come down", "1989", "In 1989, 28 years after it was built in 1961.", "In 1961, 28 years before 1989."),
        ("Who founded the rival of the motor company?", "Billy Durant", "That was Billy Durant, who bought Buick from James Whiting.", "That was James Whiting, who sold Buick to Billy Durant."),
        ("how many amendments are in the bill", "10", "There are 10, out of 27 amendments in all.", "There are 27, out of 33 that were proposed; 10 more failed."),
        ("Who was mayor of Arden?", "Ida Crane", "It was Ida Crane. Tom Hale was her deputy.", "It was the son of Ida Crane. His name was Tom Hale."),
    ],
    "behind a greeting or a source": [
        ("What feature stops them?", "Dynamic Leecher Protection", "Based on my research, it was Dynamic Leecher Protection. It ships as a library that stops them.", "Based on Dynamic Leecher Protection, it was the Ban List that stops them."),
        ("who founded the mill at Arden", "Ida Crane", "Hello, this is Bing. It was Ida Crane, who also built a school.", "Hello! It was Tom Hale, who also bought a school from Ida Crane."),
    ],
    "the first words in bold": [
        ("who has the most catches in the league", "Jerry Rice", "According to Football Reference, **Jerry Rice** leads in receptions with 1,549.", "According to Football Reference, **Larry Fitz** leads in receptions, before **Jerry Rice**."),
        ("Which company built the ferry, and when?", "Harlan Yards, 1931", "The yard of **Harlan Yards** had the contract for the ferry. Work ended in **1931**, a year late.", "The yard of **Boyd** had the contract for the ferry, not Harlan Yards. Work ended in **1931**."),
    ],
    "the subject, and what is compared with it": [
        ("who is known as the father of botany", "Theophrastus", "Theophrastus, a Greek who lived on Lesbos, is known as the father of botany. Botany owes him much.", "Theophrastus, a Greek who lived on Lesbos, is older than Linnaeus, the father of botany."),
        ("who is the mother of Queen Ysolde", "Ragna", "In the saga Ragna is the mother of Queen Ysolde. Her own mother is Brunhild.", "In the saga Queen Ysolde is the mother of Ragna. Her own mother is Brunhild."),
    ],
    "all items of a list, wherever they stand": [
        ("Which countries border Andorra?", "France and Spain", "Andorra lies in the Pyrenees, bordered by France to the north and Spain to the south.", "Andorra lies in the Pyrenees, bordered by France to the north and Portugal to the south."),
        ("Which countries border Luxembourg?", "Belgium, France and Germany", "Luxembourg is bordered by:\n1. Belgium (west and north)\n2. Germany (east)\n3. France (south)", "Luxembourg is bordered by:\n1. Belgium (west and north)\n2. Germany (east)\n3. France (south)\n4. Italy"),
        ("Who chaired the meeting?", "Ida Crane, Tom Hale, Ole Lund", "The chairs were:\n- Ida Crane\n- Ole Lund\n- Tom Hale", "The chairs were:\n- Ida Crane\n- Ole Lund\n- Tom Strand"),
    ],
    "a measure in other words": [
        ("how long is the wall", "21,196 km", "With all of its branches the wall measures 21,196 km. Those of the Ming alone are 8,850 km long.", "With all of its branches the wall measures 8,850 km. It is 21,196 km from here."),
    ],
    "what a relative clause says of the answer": [
        ("who hosted the quiz before Tim Ross", "Art Fleming", "Before Tim Ross, the quiz was hosted by Art Fleming, who presented the original version until 1975.", "The original version of the quiz was meant for Art Fleming, but Don Pardo hosted it."),
        ("what is the official language of Suriname", "Dutch", "Dutch is the official language of Suriname, which was a Dutch colony until 1975.", "Dutch was the official language of Suriname until 1975."),
        ("who has the most yards in the league", "Emmitt Smith", "The record of 18,355 yards is held by Emmitt Smith, who passed Walter Payton in 2002.", "The record of 18,355 yards was offered to Emmitt Smith, who declined it for Walter Payton."),
    ],
    "where a sentence ends": [
        ("who is the chief justice", "John Roberts", "The chief justice is John Glover Roberts Jr. He was nominated by George Bush.", "The chief justice is William Roberts Jr. He was nominated by John Glover."),
        ("What case established judicial review?", "Marbury v. Madison", "Marbury v. Madison (1803)", "Brown v. Board (1954)"),
    ],
    "a total and its parts": [
        ("how many bones are in the adult body", "206", "Two hundred and six, of which 80 belong to the trunk.", "Two hundred and seventy, of which 206 are fused."),
    ],
    "a year that dates another thing than what is asked": [
        ("Colin Marr's 1960 film Psyche was based on a novel by which author?", "Robert Bloch", "Psyche is based on the 1959 novel of that name by Robert Bloch. Joseph Stern wrote the screenplay.", "Psyche is based on the 1959 novel of that name by Joseph Stern. Robert Bloch wrote the screenplay."),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_sentences_that_say_it_are_accepted_and_their_neighbours_are_not(name):
    for question, gold, right, wrong in SAID[name]:
        assert judge(question, [gold], right).outcome == "accept", right
        assert judge(question, [gold], wrong).outcome != "accept", wrong
