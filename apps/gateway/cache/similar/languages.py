"""The words of asking, by language: what of a question may be put otherwise without asking something else.

`free` words ask for nothing by themselves. `frames` are turns of phrase and what they stand for:
nothing, or the kind of the question (`how`, `why`, ...). Whatever is in neither is a word of the
subject. A language that is not here has no words of asking: only the same words are alike.
"""

import re
from dataclasses import dataclass

KIND = "\x02"  # before and after the kind of a question that a frame stands for
# Words of being able: in “how can I” they ask for nothing.
_ABLE = "can could kann könnte kan kunnen peux peut puis peut-on puis-je puedo puede posso può pode"
ABLE = frozenset(_ABLE.split())
# Words that stand elsewhere in “when was it built” than in “when it was built”.
_HELPING = "was were did will would has have had must should may might can could"
HELPING = frozenset(_HELPING.split())
ODD = {"won't": "will not", "can't": "can not", "cannot": "can not", "shan't": "shall not"}

Frame = tuple[re.Pattern[str], str]


@dataclass(frozen=True)
class Language:
    """How questions are put in a language.

    `known` are words that show that it is this one. `linking` are free words that say which of two words
    comes first. `inflected` words are compared by their stems.
    """

    code: str
    free: frozenset[str]
    known: frozenset[str]
    frames: tuple[Frame, ...]
    linking: frozenset[str]
    inflected: bool


def _language(
    code: str,
    free: str,
    known: str,
    linking: str,
    frames: dict[str, str],
    *,
    inflected: bool = False,
) -> Language:
    compiled = tuple(
        (re.compile(rf"(?<![\w'{KIND}])(?:{pattern})(?![\w'])", re.IGNORECASE), _mark(kind))
        for pattern, kind in frames.items()
    )
    words = frozenset(free.split())
    return Language(
        code, words, words | set(known.split()), compiled, frozenset(linking.split()), inflected
    )


def _mark(kind: str) -> str:
    return f" {KIND}{kind}{KIND} " if kind and kind not in ABLE else f" {kind} "


ENGLISH = _language(
    "en",
    "a an the is are am be been being do does i me my we us our of for in on at to with about that there",
    "how what which who whose when where why did was were has have had will would should must can could "
    "may might not and or if tell give show explain you your it this please",
    "to",
    {
        r"hello|hi|hey|dear (?:team|all|support)|good (?:morning|afternoon|evening)|please|kindly"
        r"|thank you|thanks(?: in advance| a lot)?|quick question|by any chance|if you (?:can|could)": "",
        r"i(?: have|'ve)(?: got)? a question(?: about)?|let me know|help me(?: to)? understand": "",
        r"(?:(?:can|could|would|will) you )?(?:please )?tell me (?:whether|if)|i wonder(?:ed)? (?:whether|if)"
        r"|i(?: am|'m| was) wondering (?:whether|if)|do you (?:happen to )?know (?:whether|if)"
        r"|i(?:'d| would) like to (?:know|find out) (?:whether|if)": "",
        r"(?:is it|would it be) possible(?: for me)? to|am i able to": "can",
        r"(?:can|could|would|will) you|do you (?:happen to )?know|any idea": "",
        r"i(?:'d| would) like to (?:know|learn|understand|find out|ask|hear)"
        r"|i(?: am|'m| was)? (?:want|need|trying)(?: to) (?:know|learn|understand|find out)"
        r"|i(?: am|'m| was) wondering|i wonder": "",
        r"how (?:many|much)": "amount",
        r"how come|for what reason|what(?:'s| is| are| was)? the reasons?(?: that| why| for)?|why": "why",
        r"(?:what(?:'s| is| are) |(?:show|tell|give)(?: me)? |is there |are there )(?:the |a |any )?"
        r"(?:way|ways|steps|instructions|procedure)(?: for me)? (?:to|for)": "how",
        r"how (?:do|can|could|would) (?:i|we|you|one)(?: go about)?|how to|how": "how",
        r"(?:at )?what time|when": "when",
        r"(?:in|at) (?:what|which) (?:place|location)|where": "where",
        r"(?:what|which) person|who": "who",
        r"whose": "whose",
        r"explain|describe": "explain",
        r"(?:tell|give|show|name)(?: (?:me|us))?|what(?:'s)?|which(?: one)?": "what",
    },
    inflected=True,
)
GERMAN = _language(
    "de",
    "der die das den dem des ein eine einen einem einer eines ist sind bin sein ich mir mich mein meine "
    "meinen meinem meiner wir uns von vom für in im an am zu zum zur es man",
    "wie was wo wann wer warum wieso welche welcher welches wird werden wurde war hat haben kann darf "
    "muss soll nicht und oder auf mit bitte sie kein keine",
    "zu zum zur",
    {
        r"hallo|guten (?:tag|morgen|abend)|bitte|danke(?: im voraus)?|vielen dank|mal|eigentlich": "",
        r"(?:können|könnten) sie(?: mir)?(?: sagen)?|(?:kannst|könntest) du(?: mir)?(?: sagen)?": "",
        r"ich (?:möchte|will|würde gerne?) (?:gerne? )?(?:wissen|erfahren)|weißt du|wissen sie": "",
        r"wie ?viele?": "amount",
        r"warum|wieso|weshalb|aus welchem grund": "why",
        r"(?:wie|auf welche weise)(?: (?:kann|könnte) (?:ich|man))?": "how",
        r"wann|um wie viel uhr": "when",
        r"wo|an welchem ort": "where",
        r"wer": "who",
        r"was|welche[rsmn]?|(?:nenne|sage?)(?:n sie)?(?: mir)?": "what",
    },
)
FRENCH = _language(
    "fr",
    "le la les l un une des du de d est sont être je j me m mon ma mes nous notre nos pour dans en à au "
    "aux on c ce",
    "qui quoi où quand comment pourquoi combien quel quelle quels quelles que qu dis donne moi vous tu "
    "il elle peut puis ne pas et ou sur avec par plaît savoir",
    "à au aux",
    {
        r"bonjour|bonsoir|salut|s'il (?:te|vous) pla[iî]t|svp|merci(?: d'avance| beaucoup)?": "",
        r"(?:peux-tu|pouvez-vous|pourriez-vous|pourrais-tu)(?: me)?(?: dire)?": "",
        r"je (?:voudrais|veux|souhaite|souhaiterais|aimerais) savoir|j'aimerais savoir": "",
        r"sais-tu|savez-vous|dites-moi|dis-moi": "",
        r"combien(?: de| d')?": "amount",
        r"pourquoi|pour quelle raison": "why",
        r"comment(?: est-ce que)?(?: (?:puis-je|peut-on|je peux|on peut|faire pour))?"
        r"|de quelle (?:façon|manière)": "how",
        r"quand(?: est-ce que)?|à quelle heure": "when",
        r"où(?: est-ce que)?": "where",
        r"qui(?: est-ce qui)?": "who",
        r"qu'est-ce que(?: c'est que)?|quel(?:le)?s?|que|donne(?:z)?-moi": "what",
    },
)
SPANISH = _language(
    "es",
    "el la los las un una unos unas de del es son está están ser yo me mi mis nuestro nuestra para en a "
    "al se lo",
    "qué cuál cuáles quién cómo cuándo dónde cuánto cuántos cuántas por puedo puede no y o con dime "
    "favor saber hay",
    "a al",
    {
        r"hola|buenos días|buenas(?: tardes| noches)?|por favor|gracias(?: de antemano)?": "",
        r"(?:puedes|puede|podrías|podría) (?:decirme|explicarme)|sabes|sabe usted|dime|dígame": "",
        r"(?:quisiera|quiero|me gustaría) saber": "",
        r"cuánt[oa]s?": "amount",
        r"por qué|cuál es la razón(?: de| por la)?": "why",
        r"(?:cómo|de qué (?:manera|forma|modo))(?: (?:puedo|se puede|podemos|podría))?": "how",
        r"cuándo|a qué hora": "when",
        r"dónde|en qué lugar": "where",
        r"quién(?:es)?": "who",
        r"qué|cuál(?:es)?": "what",
    },
)
ITALIAN = _language(
    "it",
    "il lo la i gli le l un uno una di del dello della dei degli delle d è sono essere io mi mio mia miei "
    "mie nostro nostra per in nel nella a al alla si",
    "che cosa chi come quando dove perché quanto quanti quante quale quali qual posso può non e o con "
    "dimmi favore sapere da",
    "a al alla",
    {
        r"ciao|salve|buongiorno|buonasera|per favore|per piacere|grazie(?: mille| in anticipo)?": "",
        r"(?:puoi|può|potresti|potrebbe) (?:dirmi|spiegarmi)|sai(?: dirmi)?|dimmi|mi dica": "",
        r"(?:vorrei|voglio) sapere": "",
        r"quant[oaie]": "amount",
        r"perché|per quale motivo|come mai": "why",
        r"(?:come|in che modo)(?: (?:posso|si può|possiamo|potrei))?": "how",
        r"quando|a che ora": "when",
        r"dove": "where",
        r"chi": "who",
        r"che cosa|cosa|che|qual[ei]?": "what",
    },
)
PORTUGUESE = _language(
    "pt",
    "o a os as um uma uns umas de do da dos das é são está estão ser eu me meu minha meus minhas nosso "
    "nossa para em no na ao à se",
    "que qual quais quem como quando onde quanto quantos quantas porque por posso pode não e ou com "
    "favor saber você",
    "ao à",
    {
        r"olá|oi|bom dia|boa (?:tarde|noite)|por favor|obrigad[oa]": "",
        r"(?:pode|podes|poderia|podia) (?:me )?(?:dizer|explicar)(?:-me)?|você sabe|sabes|diga-me": "",
        r"(?:gostaria de|quero|queria) saber": "",
        r"quant[oa]s?": "amount",
        r"por que|porque|por qual motivo": "why",
        r"(?:como|de que (?:maneira|forma))(?: (?:posso|se pode|podemos|poderia))?": "how",
        r"quando|a que horas": "when",
        r"onde": "where",
        r"quem": "who",
        r"o que|que|qual|quais": "what",
    },
)
DUTCH = _language(
    "nl",
    "de het een is zijn ben ik me mij mijn we wij ons onze van voor in op aan te er",
    "wat wie waar wanneer hoe waarom welke welk hoeveel kan kunnen mag moet niet geen en of met u je "
    "wordt weten",
    "te",
    {
        r"hallo|hoi|goedendag|goedemorgen|alstublieft|alsjeblieft|bedankt|dank (?:je|u)(?: wel)?": "",
        r"(?:kunt u|kun je|kan je|zou je)(?: me| mij)?(?: (?:vertellen|zeggen))?|weet (?:je|u)": "",
        r"ik (?:wil|zou) graag (?:willen )?weten|vertel (?:me|mij)": "",
        r"hoeveel": "amount",
        r"waarom|om welke reden": "why",
        r"(?:op welke manier|hoe)(?: (?:kan|kun|kunnen) (?:ik|je|we|wij))?": "how",
        r"wanneer|hoe laat": "when",
        r"waar": "where",
        r"wie": "who",
        r"wat|welke?": "what",
    },
)
LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, PORTUGUESE, DUTCH)

# What says no, in these and some more languages: compared in answers, where other words may differ.
_NO = (
    "not no never none nobody nothing neither nor without "
    "nicht nein kein keine keinen keinem keiner nie niemals niemand nichts ohne weder "
    "ne pas non jamais aucun aucune sans rien personne ni nunca jamás sin ningún ninguna ninguno nada "
    "nadie tampoco mai senza nessun nessuno nessuna niente nulla né não jamais sem nenhum nenhuma "
    "ninguém nem niet nee geen nooit zonder niets niemand noch nigdy bez żaden nikt nic inte ej "
    "aldrig utan ingen inget ikke aldri uten"
)
NEGATIONS = frozenset(_NO.split())
# English words of one meaning, whatever is said with them.
SAME = (
    "buy purchase", "begin start commence", "end finish", "movie film", "car automobile", "fix repair",
    "choose select pick", "phone telephone", "tv television", "bike bicycle", "doctor physician",
    "child kid", "big large", "biggest largest", "quick fast rapid", "permit allow",
    "use utilise utilize", "modify change alter", "firm company", "shop store", "holiday vacation",
    "sick ill", "photo photograph", "email e-mail", "kilometre kilometer km", "metre meter",
    "colour color", "obtain get",
)  # fmt: skip


def spelled_out(text: str) -> str:
    """Return a text with the short forms of English written out, so that “not” is seen in “don't”."""
    text = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    for short, whole in ODD.items():
        text = re.sub(rf"(?i)\b{short}\b", whole, text)
    return re.sub(r"(?i)(?<=\w)n't\b", " not", text)


def language_of(words: frozenset[str]) -> Language | None:
    """Return the language of which the most words are known; None where that is open."""
    counted = sorted(LANGUAGES, key=lambda each: len(words & each.known), reverse=True)
    first, second = (len(words & each.known) for each in counted[:2])
    return counted[0] if first > second else None
