"""Writes one file an attack from a file of JailbreakBench's artifacts: `python3 split_attacks.py ARTIFACTS.jsonl`.

The rows have `attack`, `attacked`, `goal`, `category` and `instruction` (the text that the attack found). Of each attack
the texts found against Vicuna are kept, since these transfer furthest; a goal that has none is left out. The files go to
`attacks/` beside this script, which git ignores: their text is JailbreakBench's (MIT), not this project's.
"""

import json
import pathlib
import sys


def main() -> None:
    """Split the file that the command line names."""
    folder = pathlib.Path(__file__).parent / "attacks"
    folder.mkdir(exist_ok=True)
    rows = [json.loads(line) for line in pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    for attack in ("PAIR", "JBC", "GCG"):
        kept = [
            {key: row[key] for key in ("goal", "category", "instruction")}
            for row in rows
            if row["attack"] == attack and row["attacked"].startswith("vicuna") and row["instruction"]
        ]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept)
        (folder / f"{attack.lower()}.jsonl").write_text(text, encoding="utf-8")
        print(f"{attack}: {len(kept)} texts")


if __name__ == "__main__":
    main()
