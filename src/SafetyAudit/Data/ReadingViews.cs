using Microsoft.EntityFrameworkCore;

namespace SafetyAudit.Data;

/// <summary>
/// Views for tools that read the database beside the program: figures by day, measures, baselines, alerts and reviews; no patient, no record, no free text. They are counted from by the program's own figures too,
/// so that a tool's sums are the pages' numerators and denominators.
/// </summary>
public static class ReadingViews
{
    /// <summary>Name, what a row is, and the query.</summary>
    public static readonly IReadOnlyList<(string Name, string Row, string Query)> All =
    [
        ("bi_practitioner_days", "what a practitioner did on a day: completed sessions, those over the lungs, those followed up and those whose patient was reached",
            "SELECT clinic_id, practitioner_id, date, sessions, at_risk_sessions, followed_up, reached FROM daily_exposures"),
        ("bi_observed_days", "what was found of a measure in a practitioner's sessions of a day, and what of it by asking the patient",
            "SELECT clinic_id, practitioner_id, date, measure, observed, found_by_asking FROM daily_observed"),
        ("bi_quality_days", "how a practitioner's records of a day were kept: of so many asked, due or found, so many answered, in time or whole",
            "SELECT clinic_id, practitioner_id, date, asked, answered, awaited, in_time, repeated_sessions, events, event_details, events_timed, events_prompt, events_named, repeated_events FROM daily_quality"),
        ("bi_measures", "a measure: what is counted and against what",
            "SELECT code, name, unit, counts_events, is_sentinel FROM measures"),
        ("bi_baselines", "a published rate of a measure; 1 where it is the one in force",
            """
            SELECT b.id, b.measure_code AS measure, b.rate_per_1000, b.events, b.denominator, b.unit, b.ascertainment, b.confidence, b.source, b.doi,
            CASE WHEN b.id = COALESCE((SELECT c.baseline_id FROM baseline_choices c WHERE c.measure_code = b.measure_code AND c.is_signed ORDER BY c.answered_at_utc DESC, c.id DESC LIMIT 1),
            (SELECT d.id FROM baselines d WHERE d.measure_code = b.measure_code AND d.is_default LIMIT 1)) THEN 1 ELSE 0 END AS in_force FROM baselines b
            """),
        ("bi_alerts", "an alert as last judged",
            """SELECT id, rule, level, status, clinic_id, practitioner_id, measure, "from" AS from_date, "to" AS to_date, observed, expected, baseline, raised_at_utc, evaluated_at_utc, closed_at_utc FROM alerts"""),
        ("bi_cases", "a review",
            """SELECT id, alert_id, rule, level, clinic_id, practitioner_id, measure, "from" AS from_date, "to" AS to_date, stage, decision, opened_at_utc, due_at_utc, decided_at_utc, remeasure_on, begin_by_utc FROM cases"""),
    ];

#pragma warning disable EF1002 // names and queries stand above
    /// <summary>Takes them away where they would be in a migration's way: SQLite makes a changed table anew, which no view may refer to meanwhile. Elsewhere rights are given on them, and they stay.</summary>
    internal static async Task MakeWayAsync(SafetyAuditDb db, CancellationToken ct)
    {
        if (!db.Database.IsSqlite()) return;
        foreach (var view in All) await db.Database.ExecuteSqlRawAsync($"DROP VIEW IF EXISTS {view.Name}", ct);
    }

    /// <summary>Makes what is missing or reads otherwise.</summary>
    internal static async Task MakeAsync(SafetyAuditDb db, CancellationToken ct)
    {
        foreach (var (name, _, query) in All)
        {
            if (!db.Database.IsSqlite()) await db.Database.ExecuteSqlRawAsync($"CREATE OR REPLACE VIEW {name} AS {query}", ct);
            else if (await db.Database.SqlQueryRaw<string>("""SELECT sql AS "Value" FROM sqlite_master WHERE type = 'view' AND name = {0}""", name).SingleOrDefaultAsync(ct) is var stands && stands != $"CREATE VIEW {name} AS {query}")
            {
                await db.Database.ExecuteSqlRawAsync($"DROP VIEW IF EXISTS {name}", ct);
                await db.Database.ExecuteSqlRawAsync($"CREATE VIEW {name} AS {query}", ct);
            }
        }
    }
#pragma warning restore EF1002
}
