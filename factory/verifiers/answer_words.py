"""Word tables of the answer verifier: plain sets and maps, all in the normal form of answer_text (lower case, no accents).

They are small on purpose: a word that is missing here makes a verdict `undecided`, never a wrong accept.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ARTICLES = _words("a an the")
FOREIGN_ARTICLES = _words("la le les el il der die das")

# Words that carry no content of their own; they may stand around an answer freely.
STOP = _words(
    """a an the of in on at to from by for with as is are was were be been being am it its it's this that these those he she
    they his her their him them there here which who whom whose what when where why how do does did done has have had will
    would can could shall should and also then than so such into onto upon over under during i we you my our your me us one
    called named known titled entitled answer final question correct just only very some any each both about s"""
)

NAMING = _words("called named titled entitled known nicknamed dubbed termed means meaning")
COPULAS = _words("is are was were be been being am")

NEGATIONS = _words(
    """not never no neither nor isnt wasnt arent werent didnt doesnt dont cannot cant couldnt wouldnt without except unlike
    hasnt havent hadnt wont false incorrect incorrectly wrong wrongly mistaken mistakenly untrue erroneously rather instead
    excluding contrary"""
)

# Words and phrases of an answer that commits to nothing.
HEDGES = (
    "might be|may be|could be|may have been|might have been|could have been|not sure|unsure|not certain|"
    "uncertain|not entirely|possibly|perhaps|maybe|probably|presumably|my guess|i guess|i would guess|i think|"
    "i believe|i suspect|not confident|if i recall|i am guessing|im guessing|not 100|hard to say|seems to be|"
    "appears to be|or possibly|or maybe|or perhaps|either|one of the following|most likely|likely|"
    "all of the above|any of|depends on|it depends|conflicting|disputed|debated|unverified|speculated|rumored"
).split("|")

REFUSALS = (
    "unknown|cannot determine|cant determine|cannot be determined|could not determine|unable to|not able to|"
    "i dont know|i do not know|i dont have|i do not have|does not have information|no information|"
    "not enough information|insufficient information|no answer|not available|cannot find|could not find|"
    "couldnt find|did not find|didnt find|not found|cannot answer|cant answer|not specified|not mentioned|"
    "does not mention|doesnt mention|does not specify|doesnt specify|does not provide|not provided|there is no|"
    "there was no|there are no|no record|no evidence|not clear|unclear|not possible|cannot confirm|"
    "cant confirm|could not confirm|cannot verify|need more|more context|please provide|please clarify|"
    "im sorry|i am sorry|i apologize|as an ai|has not been|have not been|n a|none of the above|no specific|"
    "not publicly|not known|not a known|not aware|never been|not yet|no official|no single|no definitive|"
    "not actually|no such|misunderstanding|does not exist|doesnt exist|fictional question|not applicable"
).split("|")

TITLES = _words(
    """mr mrs ms miss smt shri premier dr prof professor sir dame lord lady president king queen prince princess emperor empress pope saint st rev
    reverend father sister brother captain capt commander general gen colonel col major lieutenant lt sergeant sgt admiral senator
    sen governor gov representative rep congressman justice judge chief minister prime secretary chancellor tsar czar duke duchess
    count countess baron baroness earl sultan shah rabbi bishop archbishop cardinal mayor director coach author actor actress singer
    rapper songwriter singer-songwriter musician composer artist painter writer novelist poet playwright philosopher scientist physicist
    chemist mathematician astronomer inventor engineer explorer architect producer player footballer quarterback boxer driver wrestler comedian
    model activist dancer pianist violinist businessman businesswoman journalist politician lawyer teacher soldier mother-in-law
    drummer guitarist bassist vocalist frontman founder ceo owner star hon honourable madame mme monsieur signor frau herr"""
)
SUFFIXES = _words("jr sr phd md esq obe cbe mbe kbe dbe gcb gbe ra rn qc kc frs mp")

# Class words that may be added to or left out of a name without changing what it names.
GENERIC = _words(
    """mt mountain mountains mount river rivers lake lakes sea ocean island islands isle isles desert valley canyon city town village county state
    province country kingdom republic nation municipality district region peninsula strait gulf bay cape forest park national mall
    company co corporation corp inc incorporated limited ltd plc llc gmbh ag sa group airlines airline airways airport
    university college school institute museum band film movie novel book song album series tv show television play musical
    game video team club fc football baseball basketball hockey language alphabet range chain family house dynasty empire
    war battle treaty act award prize medal ship spacecraft shuttle space rocket hms uss ss rms planet moon star comet bird tree plant
    species genus dog breed cheese wine beer brand magazine newspaper number season episode chapter volume century street road avenue
    highway bridge tower building palace castle cathedral church temple day festival records label studios studio gas acid virus
    bacteria disease syndrome style genre music dance party political religion church street theatre theater railway line cells cell
    color colour currency people tribe group year years members member women's men's"""
)

# Adjectives that may stand before a common noun without naming another thing.
NEUTRAL = _words(
    "mostly mainly chiefly human professional natural pure whole ordinary large big small giant tiny huge famous popular common typical traditional former current late great young old type kind sort form various certain main primary"
)

ORGANISATIONS = _words(
    """entertainment industries systems technologies technology association organization organisation society union council committee department
    agency bureau bank fund foundation trust service services orchestra choir league federation army navy force forces government ministry
    court press media pictures films productions games interactive software motors electric electronics pharmaceuticals foods holdings
    partners brothers sons club bears bulls tigers lions"""
)

DIRECTIONS = _words(
    "north south east west northern southern eastern western northeast northwest southeast southwest central new upper lower greater inner outer"
)

TEAM = frozenset(["team", "teams", "franchise", "bowl", "nba", "nfl", "mlb", "nhl", "pennant", "series", "superbowl"])
"""Words of a question that asks for a team."""

NATIONALITIES = _words(
    """american british english scottish welsh irish french german italian spanish portuguese dutch belgian swiss austrian polish czech
    slovak hungarian romanian bulgarian greek turkish russian soviet ukrainian swedish norwegian danish finnish icelandic canadian
    mexican brazilian argentine argentinian chilean peruvian colombian venezuelan cuban jamaican australian chinese japanese korean
    vietnamese thai indian pakistani iranian persian iraqi israeli egyptian nigerian kenyan ethiopian african european asian roman
    catholic jewish muslim islamic christian hindu buddhist serbian croatian bosnian slovenian albanian estonian latvian lithuanian georgian
    armenian indonesian filipino malaysian singaporean"""
)

COUNTRIES = frozenset(
    """afghanistan|albania|algeria|andorra|angola|argentina|armenia|australia|austria|azerbaijan|bahamas|bahrain|bangladesh|barbados|belarus
|belgium|belize|benin|bhutan|bolivia|bosnia|botswana|brazil|brunei|bulgaria|burundi|cambodia|cameroon|canada|chad|chile|china|colombia|congo
|costa rica|croatia|cuba|cyprus|czechia|czech republic|denmark|djibouti|dominica|dominican republic|ecuador|egypt|el salvador|england|eritrea
|estonia|ethiopia|fiji|finland|france|gabon|gambia|georgia|germany|ghana|greece|greenland|grenada|guatemala|guinea|guyana|haiti|honduras
|hong kong|hungary|iceland|india|indonesia|iran|iraq|ireland|northern ireland|israel|italy|ivory coast|jamaica|japan|jordan|kazakhstan|kenya
|kosovo|kuwait|kyrgyzstan|laos|latvia|lebanon|lesotho|liberia|libya|liechtenstein|lithuania|luxembourg|madagascar|malawi|malaysia|maldives
|mali|malta|mauritania|mauritius|mexico|moldova|monaco|mongolia|montenegro|morocco|mozambique|myanmar|namibia|nepal|netherlands|new zealand
|nicaragua|niger|nigeria|north korea|norway|oman|pakistan|palestine|panama|paraguay|peru|philippines|poland|portugal|puerto rico|qatar|romania
|russia|rwanda|samoa|saudi arabia|scotland|senegal|serbia|sierra leone|singapore|slovakia|slovenia|somalia|south africa|south korea|korea
|spain|sri lanka|sudan|suriname|sweden|switzerland|syria|taiwan|tajikistan|tanzania|thailand|tibet|togo|tonga|trinidad|tunisia|turkey
|turkmenistan|uganda|ukraine|uae|uk|uruguay|usa|us|ussr|uzbekistan|vatican city|venezuela|vietnam|wales|yemen|yugoslavia|zambia|zimbabwe""".replace(
        "\n", ""
    ).split("|")
)
PROVINCES = frozenset(
    """yorkshire|lancashire|kent|surrey|essex|sussex|hampshire|devon|cornwall|bavaria|saxony|prussia|tuscany|sicily|normandy|provence|catalonia|andalusia|ontario|quebec|british columbia|alberta|manitoba
|saskatchewan|nova scotia|new brunswick|newfoundland|new south wales|queensland|tasmania|ardeche|punjab|gujarat|kerala|maharashtra|tamil nadu""".replace(
        "\n", ""
    ).split("|")
)

STATES: dict[str, str] = dict(
    pair.split(":")
    for pair in (
        "al:alabama|ak:alaska|az:arizona|ar:arkansas|ca:california|co:colorado|ct:connecticut|de:delaware|"
        "fl:florida|ga:georgia|hi:hawaii|id:idaho|il:illinois|in:indiana|ia:iowa|ks:kansas|ky:kentucky|"
        "la:louisiana|me:maine|md:maryland|ma:massachusetts|mi:michigan|mn:minnesota|ms:mississippi|mo:missouri|"
        "mt:montana|ne:nebraska|nv:nevada|nh:new hampshire|nj:new jersey|nm:new mexico|ny:new york|"
        "nc:north carolina|nd:north dakota|oh:ohio|ok:oklahoma|or:oregon|pa:pennsylvania|ri:rhode island|"
        "sc:south carolina|sd:south dakota|tn:tennessee|tx:texas|ut:utah|vt:vermont|va:virginia|wa:washington|"
        "wv:west virginia|wi:wisconsin|wy:wyoming|dc:dc"
    ).split("|")
)
# Adjective and people of a country; the other adjectives are the country's name and a letter or two.
DEMONYMS: dict[str, str] = {
    word: country
    for country, words in (
        pair.split(":")
        for pair in (
            "usa:american americans|uk:british britons|england:english englishman|scotland:scottish scots|wales:welsh|ireland:irish irishman|france:french frenchman|"
            "germany:german germans|italy:italian italians|spain:spanish spaniard spaniards|portugal:portuguese|"
            "netherlands:dutch dutchman|belgium:belgian belgians|switzerland:swiss|austria:austrian austrians|poland:polish pole poles|"
            "czechia:czech czechs|slovakia:slovak|hungary:hungarian|romania:romanian|bulgaria:bulgarian|greece:greek greeks|"
            "turkey:turkish turk turks|russia:russian russians|ussr:soviet soviets|ukraine:ukrainian|sweden:swedish swede swedes|"
            "norway:norwegian norwegians|denmark:danish dane danes|finland:finnish finn finns|iceland:icelandic|"
            "canada:canadian canadians|mexico:mexican mexicans|brazil:brazilian|argentina:argentine argentinian|chile:chilean|"
            "peru:peruvian|colombia:colombian|venezuela:venezuelan|cuba:cuban|jamaica:jamaican|australia:australian|"
            "china:chinese|japan:japanese|korea:korean|south korea:south korean|vietnam:vietnamese|thailand:thai|india:indian|"
            "pakistan:pakistani|iran:iranian|persia:persian|iraq:iraqi|israel:israeli|egypt:egyptian egyptians|nigeria:nigerian|"
            "kenya:kenyan|ethiopia:ethiopian|south africa:south african|morocco:moroccan|algeria:algerian|serbia:serbian|"
            "croatia:croatian|bosnia:bosnian|slovenia:slovenian|albania:albanian|estonia:estonian|latvia:latvian|"
            "lithuania:lithuanian|georgia:georgian|armenia:armenian|indonesia:indonesian|philippines:filipino|"
            "malaysia:malaysian|new zealand:new zealander|costa rica:costa rican|puerto rico:puerto rican"
        ).split("|")
    )
    for word in ([words] if words.startswith(country[:5]) and " " in country else words.split())
}
CONTINENTS = frozenset("europe|asia|africa|north america|south america|oceania|antarctica".split("|"))
REGIONS = COUNTRIES | PROVINCES | CONTINENTS | frozenset(STATES.values())
CITIES = frozenset(
    """london|paris|new york|new york city|los angeles|chicago|dubai|tokyo|beijing|shanghai|moscow|berlin|rome|madrid|vienna|prague|budapest|warsaw|athens
|istanbul|cairo|mumbai|delhi|new delhi|kolkata|sydney|melbourne|toronto|montreal|vancouver|boston|philadelphia|san francisco|seattle|houston|dallas|miami
|atlanta|detroit|washington|dublin|edinburgh|glasgow|manchester|liverpool|birmingham|oxford|cambridge|amsterdam|brussels|zurich|geneva|munich|hamburg
|frankfurt|milan|venice|florence|naples|barcelona|lisbon|stockholm|oslo|copenhagen|helsinki|singapore|bangkok|seoul|jakarta|manila|baghdad|tehran
|jerusalem|tel aviv|nairobi|lagos|cape town|johannesburg|buenos aires|rio de janeiro|sao paulo|lima|bogota|mexico city|havana|las vegas|hollywood|nashville""".replace(
        "\n", ""
    ).split("|")
)

# Different words for one thing; the key is replaced by the value on both sides. Keys may be phrases.
CANONICAL: dict[str, str] = dict(
    pair.split(":")
    for pair in (
        "united states of america:usa|united states:usa|united kingdom:uk|great britain:uk|soviet union:ussr|"
        "united arab emirates:uae|holland:netherlands|burma:myanmar|peoples republic of china:china|"
        "russian federation:russia|czech republic:czechia|world war 2:ww2|world war 1:ww1|wwii:ww2|wwi:ww1|"
        "2th world war:ww2|1th world war:ww1|world war i:ww1|world war ii:ww2|television:tv|saint:st|mount:mt|mister:mr|"
        "doctor:dr|professor:prof|lieutenant:lt|colonel:col|sergeant:sgt|junior:jr|senior:sr|per cent:percent|pct:percent|versus:vs|okay:ok|"
        "theatre:theater|centre:center|metre:meter|litre:liter|metres:meters|litres:liters|kilometre:kilometer|"
        "kilometres:kilometers|colour:color|favourite:favorite|harbour:harbor|honour:honor|labour:labor|"
        "neighbour:neighbor|humour:humor|armour:armor|behaviour:behavior|flavour:flavor|rumour:rumor|vapour:vapor|"
        "tumour:tumor|grey:gray|defence:defense|offence:offense|licence:license|catalogue:catalog|dialogue:dialog|"
        "programme:program|programmes:programs|aluminium:aluminum|sulphur:sulfur|tyre:tire|plough:plow|"
        "organise:organize|jewellery:jewelry|mould:mold|moustache:mustache|pyjamas:pajamas|oestrogen:estrogen|"
        "haemoglobin:hemoglobin|leukaemia:leukemia|anaemia:anemia|oesophagus:esophagus|foetus:fetus|"
        "manoeuvre:maneuver|cheque:check|kerb:curb|storey:story|mohammed:muhammad|mohamed:muhammad|"
        "muhammed:muhammad|mohammad:muhammad|tchaikovski:tchaikovsky|chaikovsky:tchaikovsky|shakespear:shakespeare|"
        "kruschev:khrushchev|krushchev:khrushchev|gorbachov:gorbachev|peking:beijing|bombay:mumbai|"
        "calcutta:kolkata|madras:chennai|kiev:kyiv|o k:ok|rocknroll:rock n roll|rock and roll:rock n roll|"
        "railroad:railway|sci fi:science fiction|new york ny:new york city|nyc:new york city|movie:film|"
        "movies:films|automobile:car|automobiles:cars|soccer:football|autumn:fall|metropolitan area:area|"
        "la county:los angeles county|academy award:oscar|academy awards:oscars|co2:carbon dioxide|maj:major|capt:captain|qb:quarterback|"
        "centimetre:centimeter|fibre:fiber|calibre:caliber|saltpetre:saltpeter|sceptre:scepter|sabre:saber|centimetres:centimeters|millimetre:millimeter|ageing:aging|sceptic:skeptic"
    ).split("|")
)

NICKNAMES: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split())
    for group in (
        "william bill will billy willie liam|robert bob rob bobby robbie bert|richard rick dick rich richie ricky|"
        "james jim jimmy jamie jimi|john jack johnny jon|joseph joe joey|thomas tom tommy|michael mike mick mickey|"
        "david dave davey|daniel dan danny|edward ed eddie ted ned|theodore ted teddy theo|"
        "charles charlie chuck chas|christopher chris kit|anthony tony|andrew andy drew|alexander alex sandy al|"
        "alexandra alex sandra|albert al bert|alfred al fred alf|benjamin ben benny|bernard bernie|"
        "donald don donnie|douglas doug|eugene gene|francis frank fran|franklin frank|"
        "frederick fred freddie fredrick freddy|gerald gerry jerry|gregory greg|harold harry hal|"
        "henry harry hank hal|jacob jake|jeffrey jeff geoff geoffrey|kenneth ken kenny|lawrence larry laurence|"
        "leonard len lenny leo|leo lev lew|matthew matt|nathaniel nat nate nathan|nicholas nick nicky nicolas|"
        "nicholas nicolaus nikolaus nikolai|peter pyotr piotr|john johann johannes|frederick friedrich|william wilhelm|carl karl|"
        "alexander aleksandr alexandre|patrick pat paddy|peter pete|philip phil phillip|raymond ray|ronald ron ronnie|samuel sam sammy|"
        "stephen steve steven stevie|timothy tim timmy|vincent vince vinny|walter walt wally|zachary zach zack|"
        "elizabeth liz beth betty eliza lizzie bess|margaret maggie meg peggy marge|"
        "katherine kate kathy katie catherine cathy kathryn kitty kat|patricia pat patty tricia trish|"
        "susan sue susie suzanne|deborah debbie deb debra|barbara barb barbra|jennifer jen jenny|"
        "jessica jess jessie|pamela pam|rebecca becky|sandra sandy|victoria vicky tori|abigail abby|amanda mandy|"
        "christina chris tina christine|cynthia cindy|dorothy dot dottie|judith judy|kimberly kim|"
        "teresa theresa terri|virginia ginny|gwendolyn gwen|josephine jo josie|penelope penny|martin marty|"
        "louis lou lewis|gabriel gabe|abraham abe|isaac ike|dwight ike|terence terry terrence|wesley wes westley|"
        "valeri val valery|guadalupe lupe|antonio tony|salvatore sal|vladimir vlad|mikhail michael|"
        "jonathan jon johnny|edgar ed|edwin ed|edmund ed|leslie les|stanley stan|sidney sid|russell russ|"
        "randall randy|randolph randy|calvin cal|clifford cliff"
    ).split("|")
)

CHOICE_OPPOSITES: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (
        _words("first 1th earlier before older oldest elder eldest earliest sooner"),
        _words("last later after younger youngest latest newer recent recently"),
    ),
    (
        _words(
            "larger largest bigger biggest more most greater greatest higher highest longer longest taller tallest wider farther further heavier wealthier"
        ),
        _words(
            "smaller smallest less least fewer fewest lower lowest shorter shortest narrower closer nearer lighter poorer"
        ),
    ),
)

NUMBER_WORDS: dict[str, int] = {
    word: value
    for value, word in enumerate(
        """
            zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
            seventeen eighteen nineteen
        """.split()
    )
} | {word: 10 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
ORDINAL_WORDS: dict[str, int] = {
    word: value
    for value, word in enumerate(
        """
            first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
            fifteenth sixteenth seventeenth eighteenth nineteenth twentieth
        """.split(),
        1,
    )
} | {
    word: 10 * value
    for value, word in enumerate(
        "thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth hundredth".split(), 3
    )
}
SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}

MONTHS: dict[str, int] = {}
for _i, _names in enumerate(
    (
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sept sep|"
        "october oct|november nov|december dec"
    ).split("|"),
    1,
):
    MONTHS.update(dict.fromkeys(_names.split(), _i))
