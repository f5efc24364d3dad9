"""What can be true of an entity of the search world: relations to other entities, and values; how each is said and asked."""

from __future__ import annotations

# relation -> (phrase in a question, words to search for, sentences). {x} entity asked about, {s} subject, {o} object.
# Phrases end with {x}, so that a chain of them still reads: the source mountain of the river of the birthplace of ...
RELATIONS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "birthplace": ("the birthplace of {x}", "born town", ("{s} was born in {o}, the child of a {trade} dealer.", "{s} came into the world at {o}, above a shop that sold {trade}.")),
    "teacher": ("the teacher of {x}", "pupil teacher studied", ("{s} was a pupil of {o} for several years.", "As an apprentice {s} was taught by {o}, whose methods left a mark.")),
    "spouse": ("the spouse of {x}", "married", ("{s} married {o} after a long engagement.", "After two broken engagements {s} married {o}.")),
    "work": ("the best-known work of {x}", "best-known work", ("{s} is best known for {o}.", "Of everything {s} made, {o} is the work that lasted.")),
    "command": ("the ship first captained by {x}", "captain ship command", ("{s} was the first captain of {o}.", "{s} took {o} to sea as its first captain.")),
    "company": ("the company founded by {x}", "founded company", ("{s} founded {o} with borrowed money.", "With a small inheritance {s} founded {o}.")),
    "author": ("the author of {x}", "author", ("{s} is the work of {o}.", "{s} was created by {o}, as the title page says.")),
    "dedicatee": ("the dedicatee of {x}", "dedicated", ("{s} is dedicated to {o}.", "The dedication of {s} names {o}.")),
    "premiere": ("the town of the first public showing of {x}", "first public showing", ("{s} was first shown to the public in {o}.", "The first public showing of {s} took place in {o}.")),
    "founder": ("the founder of {x}", "founder founded", ("{s} was founded by {o}.", "The founder of {s} was {o}.")),
    "seat": ("the town with the head office of {x}", "head office", ("{s} has its head office in {o}.", "The head office of {s} stands in {o}, beside the station.")),
    "builder": ("the company that built {x}", "built yard", ("{s} was built by {o}.", "The hull of {s} was laid down and finished by {o}.")),
    "captain": ("the first captain of {x}", "first captain", ("The first captain of {s} was {o}.", "On its first voyage {s} sailed under {o}, its first captain.")),
    "architect": ("the architect of {x}", "architect designed", ("{s} was designed by {o}.", "The architect of {s} was {o}, chosen over two rivals.")),
    "crosses": ("the river under {x}", "crosses river", ("{s} crosses {o}.", "{s} carries the coast road over {o}.")),
    "bridge_town": ("the town that owns {x}", "belongs owned town", ("{s} belongs to {o}.", "{s} is owned by {o}, which also pays for its upkeep.")),
    "town_river": ("the river of {x}", "lies on river", ("{s} lies on {o}.", "{s} grew up along the banks of {o}.")),
    "mayor": ("the first mayor of {x}", "first mayor", ("The first mayor of {s} was {o}.", "{s} chose {o} as its first mayor.")),
    "twin": ("the twin town of {x}", "twin town", ("The twin town of {s} is {o}.", "{s} and {o} have been twin towns for decades.")),
    "source": ("the source mountain of {x}", "rises mountain source", ("{s} rises on {o}.", "The source of {s} is a spring on {o}.")),
    "host": ("the host town of {x}", "held town", ("{s} is held in {o}.", "Every year {o} is the scene of {s}.")),
    "festival": ("the yearly festival of {x}", "festival", ("{s} is the home of {o}.", "Each year {o} fills the streets of {s}.")),
    "namesake": ("the person honoured in the name of {x}", "named after", ("{s} is named after {o}.", "The name of {s} honours {o}.")),
    "leader": ("the leader of {x}", "leader led", ("{s} was led by {o}.", "The leader of {s} was {o}.")),
    "vessel": ("the ship of {x}", "ship carried", ("{s} sailed on board {o}.", "The ship that carried {s} was {o}.")),
    "ascent": ("the first climber of {x}", "first climbed", ("The first person to climb {s} was {o}.", "{s} was first climbed by {o}.")),
}  # fmt: skip

# value -> (question, kind, words to search for, sentences)
VALUES: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "birth_date": ("On what date was {x} born?", "date", "born date", ("{s} was born on {o}.", "The parish register gives {o} as the day on which {s} was born.")),
    "death_year": ("In which year did {x} die?", "year", "died", ("{s} died in {o}.", "{s} died at home in {o} after a short illness.")),
    "children": ("What were the names of the two children of {x}?", "list", "children", ("{s} had two children, {o}.", "The two children of {s} were {o}.")),
    "founded": ("In which year was {x} founded?", "year", "founded year", ("{s} was founded in {o}.", "The charter of {s} dates from {o}.")),
    "staff": ("How many people did {x} employ at its height?", "number", "employees height", ("At its height {s} employed {o} people.", "{s} had {o} people on its books at its height.")),
    "length": ("How long is {x}, in metres?", "number", "length metres", ("{s} is {o} long.", "From end to end {s} measures {o}.")),
    "launched": ("On what date was {x} launched?", "date", "launched", ("{s} was launched on {o}.", "A crowd watched the launch of {s} on {o}.")),
    "opened": ("On what date was {x} opened to traffic?", "date", "opened traffic", ("{s} was opened to traffic on {o}.", "Traffic first passed over {s} on {o}.")),
    "engineers": ("Which two engineers checked the plans of {x}?", "list", "engineers checked plans", ("The plans of {s} were checked by two engineers, {o}.", "Two engineers, {o}, checked the plans of {s}.")),
    "population": ("How many inhabitants did {x} have at the last count?", "number", "inhabitants count", ("At the last count {s} had {o} inhabitants.", "The last count found {o} inhabitants in {s}.")),
    "charter": ("In which year did {x} receive its town charter?", "year", "town charter", ("{s} received its town charter in {o}.", "The town charter of {s} was sealed in {o}.")),
    "river_length": ("How long is {x}, in kilometres?", "number", "length kilometres", ("{s} is {o} long.", "From source to mouth {s} runs for {o}.")),
    "tributaries": ("Which two streams are the main tributaries of {x}?", "list", "tributaries streams", ("The main tributaries of {s} are {o}.", "Two streams feed {s} as its main tributaries: {o}.")),
    "height": ("How high is {x}, in metres?", "number", "height metres", ("{s} is {o} high.", "Surveyors give the height of {s} as {o}.")),
    "attendance": ("How many visitors did the largest edition of {x} have?", "number", "visitors largest", ("The largest edition of {s} had {o} visitors.", "In its best year {s} counted {o} visitors.")),
    "finished": ("In which year was {x} finished?", "year", "finished year", ("{s} was finished in {o}.", "The last touches were put to {s} in {o}.")),
    "set_out": ("On what date did {x} set out?", "date", "set out", ("{s} set out on {o}.", "It was on {o} that {s} set out.")),
    "prize": ("How many crowns come with {x}?", "number", "crowns prize", ("{s} comes with {o} crowns.", "The winner of {s} takes home {o} crowns.")),
    "winners": ("Who were the two joint first winners of {x}?", "list", "first winners", ("The joint first winners of {s} were {o}.", "{s} went for the first time to {o}, jointly.")),
}  # fmt: skip
