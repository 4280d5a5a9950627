"""What somebody typed, as a text query that forgives."""

from django.db import connection

MOST_WORDS, MOST_LETTERS = 8, 200

_NOISE = """
teacher teachers tutor tutors lesson lessons course class classes learn find with for the and
guru les belajar
معلم معلمه مدرس مدرسه استاذ استاذه دروس درس تعلم كلاس اموزش معلمي دبير
"""
NOISE = frozenset(_NOISE.split())
"""Words (folded) that say no more than the search page itself."""

MOST_SPELT_OUT = 4
"""So many words that begin with what was typed are asked for one by one; beyond it, by their beginning."""

# A word stands for what begins with it; a word that nothing begins with stands for its nearest spellings. A word spelt
# out is one list of the index; a beginning is a map made of all its words' lists, at each search.
READ = """
SELECT t.word, CASE
    WHEN length(t.word) < 3 OR t.word ~ '[0-9]' THEN ARRAY[t.word]
    WHEN cardinality(begun.words) > %(most)s THEN NULL
    WHEN begun.words IS NOT NULL THEN begun.words
    ELSE ARRAY(SELECT d.word FROM experts_word d WHERE d.word %% t.word AND d.word !~ '[0-9]'
               ORDER BY similarity(d.word, t.word) DESC, d.word LIMIT 3) END
FROM unnest(tsvector_to_array(to_tsvector('simple', majlis_search_text(%(text)s)))) t(word)
CROSS JOIN LATERAL (SELECT array_agg(word) AS words FROM (SELECT d.word FROM experts_word d
    WHERE d.word >= t.word AND d.word < t.word || chr(1114111) ORDER BY 1 LIMIT %(most)s + 1) few) begun
"""


def text_query(text: str) -> str | None:
    """The `tsquery` that finds `text`: folded, every word of it, misspelt ones by their nearest spellings. `""` when it
    says nothing, None when a word is like none that any listing has."""
    with connection.cursor() as cursor:
        typed = text[:MOST_LETTERS].replace("\\", " ").replace("\x00", "")
        cursor.execute(READ, {"text": typed, "most": MOST_SPELT_OUT})
        rows = cursor.fetchall()
    parts: list[str] = []
    for word, spellings in [row for row in rows if row[0] not in NOISE][:MOST_WORDS]:
        if spellings is None:
            parts.append(f"{_quoted(word)}:*")
        elif spellings:
            parts.append("(" + " | ".join(_quoted(s) for s in spellings) + ")")
        else:
            return None
    return " & ".join(parts)


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"
