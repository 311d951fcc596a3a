"""Sample reviews: a small grammar, and the habits of people who type."""
import re

import review_words as words
from korean import final_of, particle, with_final

GOOD, BAD = words.GOOD, words.BAD

# How a writer ends sentences: endings of present and past, and the endings of ready-made phrases.
STYLES = [
    {"end": ["ㅂ니다", "았습니다"], "다": "니다"},
    {"end": ["요", "네요", "더라고요", "았어요", "거든요"], "다": "요"},
    {"end": ["다", "더라", "았다"], "다": "다"},
    {"end": ["음", "았음"], "다": "음"},
    {"end": ["네", "아", "더라"], "다": "어"},
]
SHARE_OF_STYLES = [0.22, 0.36, 0.2, 0.12, 0.1]


def phrase_end(phrase, style):
    """Writes the {…} at the end of a ready-made phrase in the writer's style."""
    kind = STYLES[style]["다"]
    fixed = {
        "합니다": {"니다": "합니다", "요": "해요", "다": "한다", "음": "함", "어": "함"},
        "습니다": {"니다": "습니다", "요": "어요", "다": "다", "음": "음", "어": "음"},
        "살거": {"니다": "살 겁니다", "요": "살 거예요", "다": "살 거다", "음": "살 듯", "어": "살 거야"},
        "림": {"니다": "립니다", "요": "려요", "다": "린다", "음": "림", "어": "림"},
        "었다": {"니다": "었습니다", "요": "었어요", "다": "었다", "음": "었음", "어": "었어"},
        "였다": {"니다": "였습니다", "요": "였어요", "다": "였다", "음": "였음", "어": "였어"},
        "했다": {"니다": "했습니다", "요": "했어요", "다": "했다", "음": "했음", "어": "했어"},
    }
    head, _, ending = phrase.rpartition("{")
    ending = ending.rstrip("}")
    if ending in fixed:
        return head + fixed[ending][kind]
    # {다} after a past (샀), a ㄴ of a verb (된), 이/아니, an adjective (같, 없, 아깝) or 겠.
    final = final_of(head)
    if kind == "다":
        return head + "다"
    if final == "ㄴ":  # 된다, 본다: the ㄴ belongs to the ending
        stem = with_final(head, " ")
        contracted = {"되": "돼요", "보": "봐요", "지": "져요", "쓰": "써요"}.get(stem[-1], stem[-1] + "요")
        return {"니다": with_final(stem, "ㅂ") + "니다", "요": stem[:-1] + contracted, "음": with_final(stem, "ㅁ"),
                "어": stem[:-1] + contracted[:-1]}[kind]
    if final == " ":  # 중이다, 구매다
        tail = "에요" if head[-1] == "이" else "예요"
        be = head if head[-1] == "이" else head + "이"
        return {"니다": with_final(be, "ㅂ") + "니다", "요": head + tail, "음": with_final(be, "ㅁ"), "어": head + "야"}[kind]
    if final == "ㅂ":  # 아깝다
        soft = with_final(head, " ")
        return {"니다": head + "습니다", "요": soft + "워요", "음": soft + "움", "어": soft + "워"}[kind]
    vowel = "아" if head[-1] in "같많않" else "어"
    return {"니다": head + "습니다", "요": head + vowel + "요", "음": head + "음", "어": head + vowel}[kind]


def clause(rng, side, keys, want, form, adverb, flips):
    """One side and what is said of it; with `flips` the predicate of the other mood, denied."""
    for_it, against = keys
    own, other = (for_it, against) if want == GOOD else (against, for_it)
    if rng.random() < flips:
        predicate = words.PREDICATES[rng.choice(other.split())]
        how = "안 " if rng.random() < 0.25 and not predicate.exist and " " not in predicate.stem else rng.choice(["지 않", "진 않"])
        predicate = predicate.denied(how)
    else:
        predicate = words.PREDICATES[rng.choice(own.split())]
    noun = side + "도" if rng.random() < 0.12 else particle(side, rng.choice(["이/가", "이/가", "은/는"]))
    return " ".join(part for part in (noun, adverb, predicate.form(form)) if part)


class Writer:
    """One reviewer: a style of endings and a set of typing habits that hold for the whole review."""

    def __init__(self, rng):
        self.rng = rng
        self.style = rng.choices(range(len(STYLES)), SHARE_OF_STYLES)[0]
        self.careful = rng.random() < 0.35

    def end(self):
        return self.rng.choice(STYLES[self.style]["end"])

    def filler(self, thing, uses, film):
        rng = self.rng
        text = rng.choice(words.FILM_FILLERS if film else words.PRODUCT_FILLERS)
        who = rng.choice(words.WHO)
        values = {"{place}": rng.choice(uses), "{days}": str(rng.randint(1, 9)), "{months}": str(rng.randint(2, 20)), "{color}": rng.choice(words.COLORS),
                  "{who}": particle(who, "이랑/랑") if film else who, "{nth}": rng.choice(words.NTH), "{day}": rng.choice(words.DAYS)}
        for name, value in values.items():
            text = text.replace(name, value)
        for slot in ("{thing}", "{kind}"):
            for mark, pair in (("{을}", "을/를"), ("{은}", "은/는"), ("{이}", "이/가"), ("{과}", "과/와")):
                text = text.replace(slot + mark, particle(thing, pair))
            text = text.replace(slot, thing)
        return phrase_end(text, self.style)

    def verdict(self, label, film):
        return phrase_end(self.rng.choice((words.FILM_VERDICTS if film else words.VERDICTS)[label]), self.style)

    def review(self, label, film, thing, sides, uses):
        """Sentences of a review whose last word, not each of its words, is of mood `label`."""
        rng = self.rng
        other = 1 - label
        names = rng.sample(sorted(sides), k=min(4, len(sides)))
        say = lambda name, want, form, adverb=None, flips=0.16: clause(
            rng, name, sides[name], want, form, rng.choice(words.ADVERBS) if adverb is None else adverb, flips)
        sentences = []
        if rng.random() < 0.4:
            sentences.append(self.filler(thing, uses, film))
        kind = rng.random()
        opening = rng.choice((words.FILM_TURNS if film else words.TURNS)[label]) if rng.random() < 0.22 else ""
        if kind < 0.34:  # two sides agree
            joint = "서" if rng.random() < 0.15 else rng.choice(["고", "고", "았고"])
            sentences.append(opening + say(names[0], label, joint) + " " + say(names[1], label, self.end()))
        elif kind < 0.62:  # but: what comes last counts
            joint = rng.choice(["지만", "ㄴ데", "았지만", "았던데"])
            sentences.append(say(names[0], other, joint, rng.choice(words.WEAK)) + " " + say(names[1], label, self.end()))
            if rng.random() < 0.5:
                sentences.append(say(names[2], label, self.end()))
        elif kind < 0.74:  # the other way round, and a verdict settles it
            joint = rng.choice(["지만", "ㄴ데"])
            sentences.append(say(names[0], label, joint) + " " + say(names[1], other, self.end(), rng.choice(words.WEAK)))
            sentences.append(rng.choice(["그래도 ", "하지만 ", "그럼에도 "]) + self.verdict(label, film))
            return sentences
        elif kind < 0.9:
            sentences.append(opening + say(names[0], label, self.end()))
        else:  # a verdict alone
            if not sentences:
                sentences.append(self.filler(thing, uses, film))
            sentences.append(self.verdict(label, film))
            return sentences
        if rng.random() < 0.2:
            service = sides if film else words.SERVICE
            name = rng.choice(sorted(service))
            sentences.insert(rng.randrange(len(sentences)), clause(rng, name, service[name], label, self.end(), "", 0.1))
        if rng.random() < 0.3:
            sentences.append(self.verdict(label, film))
        if rng.random() < 0.12:
            sentences.append(self.filler(thing, uses, film))
        return sentences

    def typed(self, sentences, label):
        """The sentences as this person types them."""
        rng = self.rng
        if self.careful:
            return " ".join(sentence + rng.choice([".", ".", "!"]) for sentence in sentences)
        tail = rng.choice(["", "", ".", "..", "...", "!", "!!", "!!!", " ㅋㅋ", "ㅋㅋㅋ", " ㅎㅎ", "~", "~~"])
        if label == BAD and rng.random() < 0.3:
            tail = rng.choice([" ㅠㅠ", "ㅠ", " ㅜㅜ", " ㅡㅡ", "...", " ㅋㅋ"])
        text = (tail + " ").join(sentences) + tail
        if rng.random() < 0.14:
            text += " " + rng.choice(words.EMOJI[label if rng.random() < 0.8 else 1 - label])
        if rng.random() < 0.35:
            text = colloquial(rng, text)
        if rng.random() < 0.3:
            text = lose_blanks(rng, text, rng.choice([0.15, 0.4, 0.9]))
        if rng.random() < 0.12:
            text = misspell(rng, text)
        return text


COLLOQUIAL = [("재미있", "재밌"), ("너무", "넘"), ("정말", "증말"), ("진짜", "찐"), ("좋아요", "조아요"), ("괜찮", "괜찬"), ("않", "안"), ("했", "햇"),
              ("었", "엇"), ("네요", "네여"), ("어요", "어여"), ("습니다", "슴다"), ("많이", "마니"), ("같아요", "같애요"), ("이렇게", "이케"), ("그래도", "글도"),
              ("생각보다", "생각보단"), ("확실히", "확실이"), ("추천합니다", "강추합니다")]


def colloquial(rng, text):
    for proper, typed in rng.sample(COLLOQUIAL, k=6):
        text = text.replace(proper, typed)
    return text


def lose_blanks(rng, text, share):
    return re.sub(" ", lambda _: "" if rng.random() < share else " ", text)


def misspell(rng, text):
    """One slip: a dropped final consonant, a letter typed twice or two neighbours swapped."""
    at = rng.randrange(len(text))
    slip = rng.random()
    if slip < 0.5 and final_of(text[at]) != " ":
        return text[:at] + with_final(text[at], " ") + text[at + 1:]
    if slip < 0.75:
        return text[:at] + text[at] + text[at:]
    return text[:at] + text[at + 1:at + 2] + text[at] + text[at + 2:]


def review(rng):
    """(text, label, category, thing) of one review."""
    label = rng.randrange(2)
    writer = Writer(rng)
    if rng.random() < 0.5:
        thing, sides, uses, category, film = rng.choice(words.FILM_KINDS), words.FILM_SIDES, ["집에서"], "영화", True
    else:
        category = rng.choice(sorted(words.PRODUCTS))
        things, sides, uses = words.PRODUCTS[category]
        thing, film = rng.choice(things), False
    return writer.typed(writer.review(label, film, thing, sides, uses), label), label, category, thing


def post(rng):
    """A longer text of several paragraphs about one thing, carefully typed."""
    writer = Writer(rng)
    writer.careful = True
    category = rng.choice(sorted(words.PRODUCTS))
    things, sides, uses = words.PRODUCTS[category]
    thing, label = rng.choice(things), rng.randrange(2)
    paragraphs = []
    for _ in range(rng.randint(2, 5)):
        sentences = [writer.filler(thing, uses, False)] + writer.review(label, False, thing, sides, uses)
        paragraphs.append(writer.typed(sentences, label))
    return "\n".join(paragraphs), category


def junk(rng):
    """What a corpus should lose: advertising, symbols, boilerplate, next to nothing."""
    kind = rng.randrange(5)
    if kind == 0:
        name = "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(5, 9)))
        return f"http://{name}.example/{rng.randrange(10**6)} http://{name}.example/sale?id={rng.randrange(10**6)}"
    if kind == 1:
        return rng.choice("!?.~♡★-=") * rng.randint(6, 30) + rng.choice(["", "!!", "♡♡♡", "==="])
    if kind == 2:
        return rng.choice(["This review was written by a verified buyer. All rights reserved.", "Loading more comments, please wait ...",
                           "Sign in to see the full text of this review", "Cookies help us deliver our services."]) + f" ({rng.randrange(1000)})"
    if kind == 3:
        return rng.choice(["굿", "ㅋ", "ㅋㅋㅋㅋㅋㅋ", "음", "별로", "좋아", "...", "ㅠㅠㅠ", "네", "1", "최고"])
    return "".join(rng.choice("ㅋㅎㅠㅁㄴㅇㄹ") for _ in range(rng.randint(4, 20)))
