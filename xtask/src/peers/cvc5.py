"""Answers problems in SMT-LIB: lines of {"id", "text"} in a file, lines of {"id", "answer", "parsing", "solving"} out.

Each problem has a solver of its own. Times are in seconds. `parsing` is everything up to `check-sat`, which is `solving`.
Where that takes less than a second it is measured as often as the third argument says, and the middle counts.
"""

import json
import sys
import time

import cvc5

FILE, LIMIT, TIMES = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def ask(text):
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("tlimit-per", str(LIMIT))
    began = time.perf_counter()
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "problem")
    symbols = parser.getSymbolManager()
    while True:
        command = parser.nextCommand()
        if command.isNull():
            sys.exit("a problem without check-sat")
        if command.getCommandName() == "check-sat":
            break
        said = command.invoke(solver, symbols)
        if "error" in said:
            sys.exit(said)
    parsed = time.perf_counter()
    answer = command.invoke(solver, symbols).strip()
    return answer, parsed - began, time.perf_counter() - parsed


with open(FILE, encoding="utf-8") as lines:
    for line in lines:
        problem = json.loads(line)
        runs = [ask(problem["text"])]
        if runs[0][2] < 1:
            runs += [ask(problem["text"]) for _ in range(TIMES - 1)]
        answer, parsing, solving = sorted(runs, key=lambda run: run[2])[len(runs) // 2]
        print(json.dumps({"id": problem["id"], "answer": answer, "parsing": parsing, "solving": solving}), flush=True)
