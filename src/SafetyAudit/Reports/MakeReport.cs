using System.Reflection;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Summaries;

namespace SafetyAudit.Reports;

/// <summary>Makes a compliance report. The same question gives the same bytes whenever it is asked, whatever came in meanwhile.</summary>
public sealed class MakeReport(DatabaseSettings database, IDbContextFactory<SafetyAuditDb> databases, KeyRing keys)
{
    /// <summary>Version of the program, as the report names it.</summary>
    public static string ProgramVersion { get; } = typeof(MakeReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>What the report says, without its files.</summary>
    /// <param name="actor">Whose clinics it is about; the question may narrow them to one.</param>
    /// <param name="question">What is asked.</param>
    /// <param name="ct">Stops the reading.</param>
    public async Task<ReportDocument> ReadAsync(Actor actor, ReportQuestion question, CancellationToken ct) => PackDocument.Of((await PackAsync(actor, question, ct)).Pack, ProgramVersion);

    // Without what became of the report before it.
    internal async Task<ReportDocument> ReadFiguresAsync(Actor actor, ReportQuestion question, CancellationToken ct) => PackDocument.Of((await PackAsync(actor, question, ct, restated: false)).Pack, ProgramVersion);

    /// <summary>Its files, the manifest and its seal last.</summary>
    /// <inheritdoc cref="ReadAsync" path="/param"/>
    public async Task<IReadOnlyList<ReportFile>> MakeAsync(Actor actor, ReportQuestion question, CancellationToken ct)
    {
        var (pack, key) = await PackAsync(actor, question, ct);
        var document = PackDocument.Of(pack, ProgramVersion);
        List<ReportFile> files = [new("report.pdf", PdfReport.Write(document)), new("report.xlsx", XlsxReport.Write(document)), .. document.Tables.Select(t => new ReportFile($"{t.Name}.csv", CsvReport.Write(t)))];
        return [.. files, .. Manifest.Write(pack, files, ProgramVersion, keys, key)];
    }

    /// <summary>One practitioner's own figures as a PDF, see <see cref="PractitionerReport"/>. Nothing where the actor does not reach the practitioner.</summary>
    public async Task<ReportFile?> OfPractitionerAsync(Actor actor, string practitionerId, ReportPeriod period, DateTime asKnownUtc, CancellationToken ct)
    {
        await using var then = await AsKnown.OpenAsync(database, actor, asKnownUtc, CompliancePack.FirstDay(period), period.To, ct);
        return await PractitionerReport.ReadAsync(then.Db, practitionerId, period, asKnownUtc, ProgramVersion, ct) is { } report ? new($"{FileName(practitionerId)}-{period.Name}.pdf", PdfReport.Write(report)) : null;
    }

    /// <summary>Everything about one event as a PDF, see <see cref="IncidentReport"/>. Nothing where the actor does not reach it.</summary>
    public static async Task<ReportFile?> OfIncidentAsync(SafetyAuditDb db, string eventId, string? clinicId, DateTime nowUtc, CancellationToken ct) =>
        await IncidentReport.ReadAsync(db, eventId, clinicId, ProgramVersion, nowUtc, ct) is { } report ? new($"incident-{FileName(eventId)}.pdf", PdfReport.Write(report)) : null;

    // Ids come from files of others: of them only what every file system takes.
    static string FileName(string id) => string.Concat(id.Select(c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '_').Take(60));

    /// <summary>What is wrong with a report's files, see <see cref="Manifest.Check"/>.</summary>
    public IEnumerable<string> Check(Func<string, byte[]?> read) => Manifest.Check(read, keys);

    async Task<(CompliancePack Pack, int Key)> PackAsync(Actor actor, ReportQuestion question, CancellationToken ct, bool restated = true)
    {
        if (question.ClinicId is { } clinic) actor = actor with { Scope = actor.Scope.HasClinic(clinic) ? new([clinic]) : Scope.Nothing };
        await using var then = await AsKnown.OpenAsync(database, actor, question.AsKnownUtc, CompliancePack.FirstDay(question.Period), question.Period.To, ct);
        // A key that came later must not change the bytes: the trail says which was in use then.
        int key = await then.Db.AuditEntries.IgnoreQueryFilters().Where(e => e.AtUtc <= question.AsKnownUtc).OrderByDescending(e => e.Sequence).Select(e => (int?)e.KeyNumber).FirstOrDefaultAsync(ct) ?? 1;
        var pack = await CompliancePack.ReadAsync(then.Db, question, keys.Key(KeyPurpose.Reports, key).ToArray(), ct);
        return (restated ? pack with { Last = await LastAsync(actor, question, ct) } : pack, key);
    }

    // The report that was given out last before this one, to the same audience about the same clinics, and what became of it. All of it is the same whenever it is asked: so are the files that came, and not what of them counts today.
    async Task<RestatedReport?> LastAsync(Actor actor, ReportQuestion question, CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(actor, ct);
        var at = question.AsKnownUtc;
        if (await db.Reports.AsNoTracking().Where(r => r.Audience == question.Audience && r.ClinicId == question.ClinicId && r.IssuedAtUtc <= at && r.AsKnownUtc < at).OrderByDescending(r => r.AsKnownUtc).ThenByDescending(r => r.Id).FirstOrDefaultAsync(ct) is not { } last) return null;
        var since = last.AsKnownUtc;
        var figures = Restatement.Between(await ReadFiguresAsync(actor, last.Question, ct), await ReadFiguresAsync(actor, last.Question with { AsKnownUtc = at }, ct)).ToList();
        var files = await db.Uploads.Where(u => u.CompletedAtUtc > since && u.CompletedAtUtc <= at || u.CompletedAtUtc <= since && u.TakenBackAtUtc > since && u.TakenBackAtUtc <= at)
            .GroupBy(u => new { u.Kind, u.Purpose }).Select(g => new { g.Key, Came = g.Count(u => u.CompletedAtUtc > since), Undone = g.Count(u => u.TakenBackAtUtc != null && u.TakenBackAtUtc <= at) }).ToListAsync(ct);
        return new(last, figures, [.. files.OrderBy(f => f.Key.Kind).ThenBy(f => f.Key.Purpose).Select(f => (f.Key.Kind, f.Key.Purpose, f.Came, f.Undone))]);
    }
}
