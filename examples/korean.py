"""Just enough Korean morphology to conjugate the sample reviews: finals, particles, endings."""

FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"


def final_of(text):
    """The final consonant of the last syllable, a blank if there is none; a digit or letter counts as open."""
    code = ord(text[-1]) - 0xAC00
    return FINALS[code % 28] if 0 <= code < 11172 else " "


def with_final(text, final):
    """`text` with the final consonant of its last syllable set."""
    code = ord(text[-1]) - 0xAC00
    return text[:-1] + chr(0xAC00 + code - code % 28 + FINALS.index(final))


def particle(noun, pair):
    """The noun with 이/가, 은/는, 을/를, 과/와 or 으로/로."""
    closed, opened = pair.split("/")
    final = final_of(noun)
    if closed == "으로":
        return noun + (opened if final in " ㄹ" else closed)
    return noun + (opened if final == " " else closed)


class Predicate:
    """An adjective or verb by three of its forms: the dictionary stem (재미있), the infinitive (재미있어) and, where the
    stem changes before 은 (가볍 -> 가벼우), that stem."""

    def __init__(self, stem, infinitive, soft=None, verb=False):
        self.stem, self.infinitive, self.verb = stem, infinitive, verb
        self.soft = soft or stem
        # Stems in 있 and 없 take the endings of verbs although they describe.
        self.exist = stem[-1] in "있없"

    def _short(self):
        return with_final(self.stem, " ") if final_of(self.stem) == "ㄹ" else self.stem

    def _nasal(self, rest):
        """The stem with ㄴ or 은 and `rest`: 좋은데, 예쁜데, 재미있는데, 긴데, 작동하는데."""
        if self.exist or self.verb:
            return self._short() + "는" + rest
        if final_of(self.soft) in " ㄹ":
            return with_final(self.soft, "ㄴ") + rest
        return self.soft + "은" + rest

    def past_stem(self):
        return with_final(self.infinitive, "ㅆ")

    def form(self, name):
        stem, past = self.stem, self.past_stem()
        if name == "다":
            if not self.verb or self.exist:
                return stem + "다"
            return with_final(self._short(), "ㄴ") + "다" if final_of(stem) in " ㄹ" else stem + "는다"
        if name == "ㅂ니다":
            return with_final(stem, "ㅂ") + "니다" if final_of(stem) in " ㄹ" else stem + "습니다"
        if name == "음":
            soft = self.soft
            return with_final(soft, "ㄻ" if final_of(soft) == "ㄹ" else "ㅁ") if final_of(soft) in " ㄹ" else soft + "음"
        if name == "ㄴ데":
            return self._nasal("데")
        if name == "ㄴ":
            return self._nasal("")
        if name == "았던데":
            return past + "는데"
        return {
            "요": self.infinitive + "요",
            "아": self.infinitive,
            "서": self.infinitive + "서",
            "네요": self._short() + "네요",
            "네": self._short() + "네",
            "고": stem + "고",
            "지만": stem + "지만",
            "더라고요": stem + "더라고요",
            "더라": stem + "더라",
            "았다": past + "다",
            "았어요": past + "어요",
            "았습니다": past + "습니다",
            "았지만": past + "지만",
            "았음": past + "음",
            "았고": past + "고",
            "거든요": stem + "거든요",
        }[name]

    def denied(self, how="지 않"):
        """The predicate that says the opposite: 좋지 않다, 좋진 않다, 안 좋다."""
        if how == "안 ":
            return Predicate("안 " + self.stem, "안 " + self.infinitive, "안 " + self.soft, self.verb)
        return Predicate(self.stem + how, self.stem + how + "아", None, self.verb)
