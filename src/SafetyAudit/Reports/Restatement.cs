using System.Globalization;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Uploads;

namespace SafetyAudit.Reports;

/// <summary>A figure that a report made now would say otherwise.</summary>
/// <param name="Table">Caption of its table.</param>
/// <param name="Row">Whose it is.</param>
/// <param name="Column">What it is.</param>
/// <param name="Was">As frozen; empty where the row was not there.</param>
/// <param name="Is">As known now; empty where the row is gone.</param>
public sealed record RestatedFigure(string Table, string Row, string Column, string Was, string Is);

/// <summary>Why figures changed: a file that came in or was undone since.</summary>
/// <param name="UploadId">The upload.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="CountedSince">When it began to count; empty where it counted before.</param>
/// <param name="UndoneAt">When it was undone; empty where it was not.</param>
/// <param name="Purpose">A file, a correction or a withdrawal.</param>
/// <param name="Sessions">Sessions of the period in it.</param>
/// <param name="Events">Events of such sessions in it.</param>
public sealed record RestatementCause(long UploadId, RecordKind Kind, DateTime? CountedSince, DateTime? UndoneAt, UploadPurpose Purpose, int Sessions, int Events);

/// <summary>An issued report as a later one tells of it.</summary>
/// <param name="Report">The issued one.</param>
/// <param name="Figures">Every figure of it that reads otherwise in the later one's records.</param>
/// <param name="Files">Files that came between the two, and files that were undone, by what they hold and whether they were sent, correct or withdraw.</param>
public sealed record RestatedReport(Report Report, IReadOnlyList<RestatedFigure> Figures, IReadOnlyList<(RecordKind Kind, UploadPurpose Purpose, int Came, int Undone)> Files);

/// <summary>What a fresh run of a frozen report would change, and why.</summary>
/// <param name="Figures">Every figure that differs.</param>
/// <param name="Causes">Every file that bears on the period and came or went since.</param>
/// <param name="Decisions">People's decisions since: about joining events, about the protocol, in reviews.</param>
public sealed record Restatement(IReadOnlyList<RestatedFigure> Figures, IReadOnlyList<RestatementCause> Causes, int Decisions)
{
    /// <param name="db">Of whoever asks.</param>
    /// <param name="make">Makes both runs.</param>
    /// <param name="frozen">The frozen report's question.</param>
    /// <param name="nowUtc">The instant of the fresh run.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<Restatement> ReadAsync(SafetyAuditDb db, MakeReport make, ReportQuestion frozen, DateTime nowUtc, CancellationToken ct)
    {
        var figures = Between(await make.ReadFiguresAsync(db.Actor, frozen, ct), await make.ReadFiguresAsync(db.Actor, frozen with { AsKnownUtc = nowUtc }, ct)).ToList();
        var (from, to, since) = (frozen.Period.From, frozen.Period.To, frozen.AsKnownUtc);
        var uploads = await db.Uploads.AsNoTracking().Where(u => u.CompletedAtUtc > since && u.CompletedAtUtc <= nowUtc || u.CompletedAtUtc <= since && u.TakenBackAtUtc > since).OrderBy(u => u.Id)
            .Select(u => new { u.Id, u.Kind, u.CompletedAtUtc, u.TakenBackAtUtc, u.Purpose, Sessions = db.Sessions.Count(s => s.UploadId == u.Id && s.Date >= from && s.Date <= to),
                Events = db.AdverseEvents.Count(e => e.UploadId == u.Id && db.Sessions.Any(s => s.SessionId == e.LinkedSessionId && s.ClinicId == e.LinkedClinicId && s.Date >= from && s.Date <= to)) }).ToListAsync(ct);
        int decisions = await db.LinkDecisions.CountAsync(d => d.DecidedAtUtc > since && d.DecidedAtUtc <= nowUtc || d.TakenBackAtUtc > since && d.TakenBackAtUtc <= nowUtc, ct) + await db.ClinicProtocols.CountAsync(p => p.DecidedAtUtc > since && p.DecidedAtUtc <= nowUtc, ct) + await db.CaseEntries.CountAsync(e => e.AtUtc > since && e.AtUtc <= nowUtc, ct);
        return new(figures, [.. uploads.Where(u => u.Sessions + u.Events > 0 || u.Kind is not (RecordKind.Sessions or RecordKind.Events))
            .Select(u => new RestatementCause(u.Id, u.Kind, u.CompletedAtUtc > since ? u.CompletedAtUtc : null, u.TakenBackAtUtc > since ? u.TakenBackAtUtc : null, u.Purpose, u.Sessions, u.Events))], decisions);
    }

    /// <summary>The figures in which two runs differ, in the order of the later one; rows that are gone last.</summary>
    public static IEnumerable<RestatedFigure> Between(ReportDocument was, ReportDocument @is)
    {
        foreach (var table in @is.Tables)
        {
            var before = was.Tables.FirstOrDefault(t => t.Name == table.Name);
            var rows = before?.Rows.GroupBy(r => KeyOf(r, table.Keys)).ToDictionary(g => g.Key, g => g.First()) ?? [];
            var columns = before?.Columns.Select((c, i) => (c.Name, i)).ToDictionary(c => c.Name, c => c.i) ?? [];
            foreach (var row in table.Rows)
            {
                rows.Remove(KeyOf(row, table.Keys), out var old);
                for (int i = table.Keys; i < table.Columns.Count; i++)
                    if (Text(old is not null && columns.TryGetValue(table.Columns[i].Name, out int at) ? old[at] : null) is var then && Text(row[i]) is var now && then != now)
                        yield return new(table.Caption, KeyOf(row, table.Keys), Heading(table, i), then, now);
            }
            foreach (var (key, old) in rows)
                for (int i = table.Keys; i < before!.Columns.Count; i++)
                    if (Text(old[i]) is { Length: > 0 } then) yield return new(table.Caption, key, Heading(before, i), then, "");
        }
    }

    static string Heading(ReportTable table, int i) => table.Columns[i].Kind switch
    {
        CellKind.Lower => $"{table.Columns[i - 1].Heading}, lower end", CellKind.Upper => $"{table.Columns[i - 2].Heading}, upper end", _ => table.Columns[i].Heading,
    };

    static string KeyOf(object?[] row, int keys) => string.Join(" · ", row.Take(keys).Select(Text));

    static string Text(object? value) => value switch
    {
        null => "",
        double number => number.ToString("0.###", CultureInfo.InvariantCulture),
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime instant => instant.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
