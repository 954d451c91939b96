using System.Reflection;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Summaries;

namespace SafetyAudit.Reports;

/// <summary>Makes a compliance report. The same question gives the same bytes whenever it is asked, whatever came in meanwhile.</summary>
public sealed class MakeReport(DatabaseSettings database, KeyRing keys)
{
    /// <summary>Version of the program, as the report names it.</summary>
    public static string ProgramVersion { get; } = typeof(MakeReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>What the report says, without its files.</summary>
    /// <param name="actor">Whose clinics it is about; the question may narrow them to one.</param>
    /// <param name="question">What is asked.</param>
    /// <param name="ct">Stops the reading.</param>
    public async Task<ReportDocument> ReadAsync(Actor actor, ReportQuestion question, CancellationToken ct) => PackDocument.Of((await PackAsync(actor, question, ct)).Pack, ProgramVersion);

    /// <summary>Its files, the manifest and its seal last.</summary>
    /// <inheritdoc cref="ReadAsync" path="/param"/>
    public async Task<IReadOnlyList<ReportFile>> MakeAsync(Actor actor, ReportQuestion question, CancellationToken ct)
    {
        var (pack, key) = await PackAsync(actor, question, ct);
        var document = PackDocument.Of(pack, ProgramVersion);
        List<ReportFile> files = [new("report.pdf", PdfReport.Write(document)), new("report.xlsx", XlsxReport.Write(document)), .. document.Tables.Select(t => new ReportFile($"{t.Name}.csv", CsvReport.Write(t)))];
        return [.. files, .. Manifest.Write(pack, files, ProgramVersion, keys, key)];
    }

    /// <summary>What is wrong with a report's files, see <see cref="Manifest.Check"/>.</summary>
    public IEnumerable<string> Check(Func<string, byte[]?> read) => Manifest.Check(read, keys);

    async Task<(CompliancePack Pack, int Key)> PackAsync(Actor actor, ReportQuestion question, CancellationToken ct)
    {
        if (question.ClinicId is { } clinic) actor = actor with { Scope = actor.Scope.HasClinic(clinic) ? new([clinic]) : Scope.Nothing };
        await using var then = await AsKnown.OpenAsync(database, actor, question.AsKnownUtc, CompliancePack.FirstDay(question.Period), question.Period.To, ct);
        // A key that came later must not change the bytes: the trail says which was in use then.
        int key = await then.Db.AuditEntries.IgnoreQueryFilters().Where(e => e.AtUtc <= question.AsKnownUtc).OrderByDescending(e => e.Sequence).Select(e => (int?)e.KeyNumber).FirstOrDefaultAsync(ct) ?? 1;
        return (await CompliancePack.ReadAsync(then.Db, question, keys.Key(KeyPurpose.Reports, key).ToArray(), ct), key);
    }
}
