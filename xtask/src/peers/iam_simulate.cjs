// Answers requests: lines of {"id", "simulation"} in a file, lines of {"id", "result"} out. Run where `node_modules` is.
const fs = require("fs");
const { runSimulation } = require("@cloud-copilot/iam-simulate");

(async () => {
  for (const line of fs.readFileSync(process.argv[1], "utf8").split("\n").filter(Boolean)) {
    const { id, simulation } = JSON.parse(line);
    const said = await runSimulation(simulation, { simulationMode: "Strict" });
    const result = said.resultType === "error" ? "error: " + JSON.stringify(said.errors) : said.overallResult;
    const ignored = said.resultType === "single" ? said.result.ignoredContextKeys : [];
    console.log(JSON.stringify({ id, result, ignored }));
  }
})();
