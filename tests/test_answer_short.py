"""The search-answer verifier on short answers: each rule with answers that it accepts and neighbours that it must not."""

from __future__ import annotations

import pytest

from factory.verifiers.answer import judge

# name: (question, golds, a right answer, a wrong one)
NEIGHBOURS = {
    "a description before it": [
        ("Which chess player lost to Deep Blue?", ["Garry Kasparov"], "World champion Garry Kasparov", "the teacher of Garry Kasparov"),
        ("who is the author of the kite runner", ["Khaled Hosseini"], "Afghan-American novelist Khaled Hosseini", "translated by Khaled Hosseini"),
        ("Which film won in 2020?", ["Parasite"], "the South Korean film Parasite", "Joker beat Parasite"),
        ("what does the pancreas produce", ["insulin"], "the hormone insulin", "not the hormone insulin"),
        ("what did the author die of", ["tuberculosis"], "pulmonary tuberculosis", "a drug against tuberculosis"),
        ("what sport does he play", ["tennis"], "professional tennis", "table tennis"),
        ("which institution is the Old Lady", ["Bank of England"], "BoE (Bank of England)", "RBS (Bank of England)"),
        ("who won the battle of waterloo", ["Duke of Wellington"], "Arthur Wellesley, Duke of Wellington", "Blücher and the Duke of Wellington"),
    ],
    "a phrase behind it": [
        ("What disease is caused by a lack of vitamin C?", ["Scurvy"], "Scurvy, once common among sailors", "Scurvy, beriberi"),
        ("Who was the last father of the union?", ["Charles Tupper Sr."], "Charles Tupper Sr., a Baptist minister", "Charles Tupper Sr., John Black"),
        ("Which novel won in 1961?", ["The Copper Key"], "The Copper Key, published in 1960", "The Copper Key won in 1960"),
        ("who won the cup in 2010", ["Spain"], "the Spanish national team", "the Spanish coach"),
    ],
    "in another order": [
        ("why did they abort the landing", ["oxygen tank explosion"], "explosion of an oxygen tank", "explosion of a hydrogen tank"),
        ("what causes scurvy", ["vitamin C deficiency"], "a deficiency of vitamin C", "a deficiency of vitamin D"),
        ("when is a leap second added", ["30 June or 31 December"], "31 December or 30 June", "31 December or 30 July"),
    ],
    "the asked class word left out": [
        ("Which century was it issued in?", ["13th century"], "13th", "14th"),
        ("Which NFL team won?", ["Denver Broncos"], "Denver", "Boston"),
        ("Which NFL team won?", ["New York Giants"], "the Giants", "New York"),
        ("which ocean lies between africa and australia", ["Indian Ocean"], "Indian", "Atlantic"),
        ("Which school of painting was it?", ["Hudson River School"], "the Hudson River School", "Hudson River"),
        ("where did the battle take place", ["Gettysburg, Pennsylvania"], "Gettysburg", "Pennsylvania"),
        ("What is the name of the landlady?", ["Mrs Hudson"], "Hudson", "Watson"),
    ],
    "a number and what it counts": [
        ("Which amendment gave women the vote?", ["19th Amendment"], "Amendment XIX", "Amendment XX"),
        ("in which episode is he executed", ["the ninth episode of the first season"], "Season 1, Episode 9", "Season 9, Episode 1"),
        ("in which episode is he executed", ["Season 5, Episode 14"], "S05E14", "S05E13"),
        ("How many people died?", ["36"], "36 fatalities", "36 survivors"),
    ],
    "a finer number than the gold": [
        ("What percentage of the air is nitrogen?", ["78 %"], "about 78.08%", "79.08%"),
        ("How tall is the mountain in metres?", ["8,848 m"], "8,848.86 metres", "8,849.86 metres"),
        ("How many square miles does the city cover?", ["874.3"], "about 874 square miles", "about 864 square miles"),
    ],
    "a number, converted or with who did it": [
        ("What is the depth of the trench?", ["10,984 m", "36,070 ft"], "10,984 meters (36,037 ft)", "10,924 meters (36,070 km)"),
        ("what is the most points scored in a game", ["100"], "100, in 1962", "81 by Kobe Bryant, behind Wilt Chamberlain's 100"),
        ("What was the score?", ["7–1"], "7 to 1", "7 to 0"),
    ],
    "the same of two": [
        ("Were Scott Derrickson and Ed Wood of the same nationality?", ["yes"], "Both are American filmmakers", "They had different nationalities"),
        ("Are the two mosques located in the same neighborhood?", ["no"], "They are in different neighborhoods.", "Both are in Fatih."),
    ],
    "other spellings": [
        ("which river flows through paris", ["Seine"], "La Seine", "La Loire"),
        ("who has won the most medals", ["Michael Phelps"], "Michael Fred Phelps II", "Michael Jordan II"),
        ("what was the mascot called", ["Waldi"], "a dachshund named Waldi", "a friend of Waldi"),
        ("What case is it?", ["Marbury v. Madison"], "Marbury vs Madison", "Marbury vs Lincoln"),
    ],
    "names of other alphabets": [
        ("who composed it", ["Sergei Rachmaninoff"], "Sergey Rachmaninov", "Sergey Prokofiev"),
        ("who ruled libya", ["Muammar Gaddafi"], "Muammar al-Qaddafi", "Saif al-Qaddafi"),
        ("who directed it", ["Akira Kurosawa"], "Kurosawa Akira", "Kiyoshi Kurosawa"),
    ],
    "short names and initials": [
        ("who gave the speech", ["Martin Luther King Jr."], "MLK", "MLJ"),
        ("which country won", ["United States"], "America", "South America"),
        ("which war was it", ["World War II"], "the Second World War", "the First World War"),
        ("who investigates it", ["FBI"], "Federal Bureau of Investigation (FBI)", "Central Intelligence Agency (FBI)"),
        ("which team won", ["FC Barcelona"], "Barcelona", "FC Porto"),
        ("Which company makes the Mustang car?", ["Ford"], "Ford Motor Company", "Ford Models"),
        ("which company", ["Coca-Cola"], "The Coca-Cola Company", "The Coca-Cola Museum"),
    ],
    "real names and stage names": [
        ("who sings it", ["Eminem"], "Marshall Mathers (Eminem)", "Marshall Mathers (not Eminem)"),
        ("who sings it", ["Eminem"], "Marshall Mathers, better known as Eminem", "Marshall Mathers, better than Eminem"),
        ("who discovered it", ["Marie Curie"], "Maria Sklodowska (Marie Curie)", "Pierre Curie (Marie Curie)"),
        ("who is the actor", ["Dwayne Johnson"], 'Dwayne "The Rock" Johnson', 'Dwayne "The Rock" Wade'),
    ],
    "dates and times": [
        ("when did it sink", ["April 15, 1912"], "15.4.1912", "14.4.1912"),
        ("when did it sink", ["April 5, 1912"], "5 April 1912", "5.4.1912"),
        ("what time does it start", ["9 pm"], "21:00", "9:00"),
        ("when is it", ["the first Monday in September"], "first Monday of September", "first Monday of October"),
    ],
    "titles and their parts": [
        ("what was the first film", ["Star Wars: Episode IV – A New Hope"], "A New Hope", "Star Wars"),
        ("what is the longest river", ["Nile"], "the Nile River in Africa", "the Nile Delta in Africa"),
    ],
    "a belief and those who hold it": [
        ("what is his religion", ["Islam"], "Muslim", "Buddhist"),
        ("which party did he belong to", ["Republican Party"], "the Republicans", "the Democrats"),
    ],
    "a country's team and a place's parts": [
        ("which team won the 1998 world cup", ["France"], "France national football team", "France beat Brazil"),
        ("where is the louvre", ["Paris"], "1st arrondissement, Paris", "1st arrondissement, Lyon"),
        ("where is the louvre", ["Paris"], "Paris, Île-de-France", "Paris and Lyon"),
    ],
    "the gold in brackets": [
        ("what is superman's real name", ["Kal-El"], "Clark Kent (Kal-El)", "Clark Kent (Jor-El)"),
    ],
    "numbers in names": [
        ("who was it", ["Henry VIII"], "King Henry the 8th", "King Henry the 7th"),
        ("which film", ["The Godfather Part II"], "Godfather 2", "Godfather 3"),
        ("what is the title of the book", ["1984"], "Nineteen Eighty-Four", "Nineteen Eighty-Five"),
        ("what blood type", ["O negative"], "O-", "O+"),
        ("what is pi", ["3.14159"], "3.14", "3.15"),
    ],
    "a currency without its country": [
        ("what is the currency of India", ["Indian rupee"], "rupee", "dollar"),
    ],
    "a longer name": [
        ("What was the first name of his wife?", ["Mileva"], "Mileva Marić", "Anna Mileva"),
        ("who painted guernica", ["Pablo Picasso", "Picasso"], "Pablo Picasso", "Paloma Picasso"),
    ],
    "a bare alias and a fuller one": [
        ("What currency is used in Switzerland?", ["Swiss franc", "Franc"], "Franc", "French franc"),
    ],
    "what belongs to the one that the question describes": [
        ("Who was the spouse of the singer of Imagine?", ["Yoko Ono"], "John Lennon's wife was Yoko Ono", "John Lennon's wife was Cynthia Powell; Yoko Ono sang."),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_short_answers_are_accepted_and_their_neighbours_are_not(name):
    for question, golds, right, wrong in NEIGHBOURS[name]:
        assert judge(question, golds, right).outcome == "accept", right
        assert judge(question, golds, wrong).outcome != "accept", wrong


def test_a_name_turned_round_a_first_in_roman_and_pounds_of_money_are_the_gold():
    right = [
        ("Who designed it?", "Frank Lloyd Wright", "Wright, Frank Lloyd"),
        ("What was the first artificial satellite?", "Sputnik 1", "Sputnik I"),
        ("What was the sale price, in pounds?", "£2.5 million", "2,500,000 pounds"),
        ("What was it sold for?", "£2.5 million", "2.5 million pounds"),
        ("Which volcano erupted in 1902?", "Mount Pelée (Montagne Pelée)", "Montagne Pelée"),
    ]
    wrong = [
        ("Who designed it?", "Frank Lloyd Wright", "Wright, Orville"),
        ("Who designed it?", "Frank Lloyd Wright", "Lloyd, Frank Wright"),
        ("What was the first artificial satellite?", "Sputnik 1", "Sputnik II"),
        ("What was it sold for?", "£2.5 million", "2.4 million pounds"),
        ("What was it sold for?", "£2.5 million", "2.5 million kilograms"),
        ("How heavy is it?", "5 pounds", "£5"),
        ("What was it sold for?", "£5", "5 dollars"),
        ("Who was the president?", "Barack Obama (Michelle Obama)", "Michelle Obama"),
        ("Which volcano erupted in 1902?", "Mount Pelée (Montagne Pelée)", "Montagne Noire"),
    ]
    assert [case for case in right if judge(case[0], [case[1]], case[2]).outcome != "accept"] == []
    assert [case for case in wrong if judge(case[0], [case[1]], case[2]).outcome == "accept"] == []


def test_a_short_question_said_again_is_no_answer_though_it_holds_the_gold():
    question = "Which organisation awards the Michelin stars?"
    assert judge(question, ["Michelin"], question).outcome != "accept"
    assert judge(question, ["Michelin"], "Michelin").outcome == "accept"


# question, gold, wrong answers
LOOKALIKES = [
    ("Who was the first president?", "George Washington", ["George Washington Carver", "George Washington Parke Custis"]),
    ("Who lost at Waterloo?", "Napoleon", ["Napoleon III", "Napoleon Hill"]),
    ("Who painted the ceiling?", "Michelangelo", ["Michelangelo Antonioni", "Michelangelo Hotel"]),
    ("Who was his wife?", "Yoko Ono", ["Yoko Ono Lennon Center", "Yoko Hotel"]),
    ("Who founded the company?", "Larry Page and Sergey Brin", ["Larry Brin and Sergey Page"]),
    ("When is a leap second added?", "30 June or 31 December", ["30 December or 31 June"]),
    ("Which film was it?", "Man of Steel", ["Steel Man"]),
    ("What does the pancreas produce?", "insulin", ["glucagon (insulin)", "glucagon hormone (insulin)"]),
    ("Who won the election?", "John F. Kennedy", ["Losing candidate John F. Kennedy", "Runner-up John F. Kennedy"]),
    ("What time does it start?", "9 pm", ["9 pm PT", "21:00 GMT", "8:60 pm"]),
    ("Which play is it?", "Hamlet", ["The Legend of Hamlet, by Kyd"]),
    ("Were Scott Derrickson and Ed Wood of the same nationality?", "yes", ["Both are directors, Derrickson American and Wood British.", "They share nothing."]),
    ("Are the two mosques located in the same neighborhood?", "no", ["They are in the same neighborhood, in different streets.", "They are different buildings in the same neighborhood."]),
    ("Who wrote the opera Carmen?", "Georges Bizet", ["That was Georges Bizet, the pupil; the opera was written by Charles Gounod.", "Georges Bizet. Charles Gounod wrote the opera Carmen."]),
    ("Who starred in the film Gladiator?", "Russell Crowe", ["**Russell Crowe** was considered; **Mel Gibson** starred in the film Gladiator."]),
    ("When was the Battle of Hastings?", "1066", ["In 1066, Edward died; the Battle of Hastings was in 1067."]),
    ("When did the Titanic sink?", "15 April 1912", ["15 April 1912 was the day of the inquiry; the Titanic sank on 14 April 1912."]),
    ("How many bones does an adult have?", "206", ["Babies have 206 bones; adults have 190 bones."]),
]  # fmt: skip


@pytest.mark.parametrize(("question", "gold", "answers"), LOOKALIKES)
def test_what_only_looks_like_the_gold_is_not_accepted(question, gold, answers):
    assert [answer for answer in answers if judge(question, [gold], answer).outcome == "accept"] == []
