"""lmkor/text/bert_tables.inc is what tools/make_unicode_tables.py writes with the installed tokenizers."""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(os.environ["LMKOR_SOURCE"])


def test_tables_are_as_generated():
    done = subprocess.run([sys.executable, ROOT / "tools" / "make_unicode_tables.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_class_counts():
    text = (ROOT / "lmkor" / "text" / "bert_tables.inc").read_text()
    counts = [int(n) for n in re.findall(r"(\d+) code points\.$", text, re.MULTILINE)]
    assert counts[:5] == [137681, 22, 81264, 25, 726]
    assert counts[5] + counts[6] == 1488
