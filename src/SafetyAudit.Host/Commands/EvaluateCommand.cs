using System.CommandLine;
using SafetyAudit.Analysis;

namespace SafetyAudit.Host.Commands;

/// <summary><c>evaluate</c>: the alerting design tried on simulated clinics. Needs no data.</summary>
static class EvaluateCommand
{
    public static Command Make()
    {
        var clinics = new Option<int>("--clinics") { Description = "Simulated clinics of each kind, 2 to 10,000", DefaultValueFactory = _ => 200 };
        var seed = new Option<ulong>("--seed") { Description = "The same seed gives the same table", DefaultValueFactory = _ => 1 };
        var format = Options.Code("--format", Format.Table, "table, csv or json");
        clinics.Validators.Add(given =>
        {
            if (given.GetValueOrDefault<int>() is < 2 or > 10_000) given.AddError("--clinics must be between 2 and 10,000.");
        });
        var command = new Command("evaluate", "The alerting design on simulated clinics: false alerts per practitioner-year and months to detection, ours beside rules in use elsewhere.") { clinics, seed, format };
        command.SetAction((parsed, ct) =>
        {
            var rows = Evaluation.Run(parsed.GetValue(clinics), parsed.GetValue(seed), name => Console.Error.WriteLine($"Simulating {name.Replace('_', ' ')}"), ct);
            Output.Write(rows, Columns, parsed.GetValue(format));
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    static readonly OutputColumn<EvaluationRow>[] Columns =
    [
        new("scenario", r => r.Scenario),
        new("rule", r => r.Rule),
        new("ours", r => r.IsOurs ? "yes" : "no"),
        new("false_alerts_per_practitioner_year", r => Rounded(r.Result.AlertsPerPractitionerYear.Value)),
        new("standard_error", r => Rounded(r.Result.AlertsPerPractitionerYear.StandardError)),
        new("practitioners_flagged_in_24_months", r => Rounded(r.Result.ShareFlagged.Value)),
        new("found_in_6_months", r => Found(r, 6)),
        new("found_in_12_months", r => Found(r, 12)),
        new("found_in_24_months", r => Found(r, 24)),
        new("median_months", r => r.Result.MedianMonths),
    ];

    static double? Found(EvaluationRow row, int months) => row.Result.FirstMonths.Count == 0 ? null : Rounded(row.Result.FoundWithin(months).Value);

    static double Rounded(double value) => Math.Round(value, 4);
}
