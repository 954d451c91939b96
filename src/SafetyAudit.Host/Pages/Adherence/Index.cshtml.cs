using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;

namespace SafetyAudit.Host.Pages.AdherencePages;

/// <summary>Every rule of every practitioner of a clinic: the share kept, and beside it how much could be judged.</summary>
[Needs(Permission.ReadFigures)]
public sealed class AdherenceModel(SafetyAuditDb db, TimeProvider time) : PeriodPage(db)
{
    [BindProperty(Name = "clinic", SupportsGet = true)] public string? AskedClinic { get; set; }

    public List<Clinic> Clinics { get; private set; } = [];
    public string ClinicName => Clinics.Find(c => c.Id == Clinic)?.Name ?? Clinic;
    public string Clinic { get; private set; } = "";
    public ClinicProtocol LaidDown { get; private set; } = ClinicProtocol.NothingSet("");
    public List<string> Practitioners { get; private set; } = [];
    public ILookup<ProtocolRule, AdherenceRow> Rows { get; private set; } = Array.Empty<AdherenceRow>().ToLookup(r => r.Rule);

    public override bool LooksBack => true;

    public override IEnumerable<(string Name, string Value)> Kept => AskedClinic is null ? [] : [("clinic", AskedClinic)];

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        await using var state = await BeginAsync(() => From, ct);
        Clinics = await Db.Clinics.AsNoTracking().OrderBy(c => c.Id).ToListAsync(ct);
        if (AskedClinic is not null && !Clinics.Exists(c => c.Id == AskedClinic)) return NotFound();
        Clinic = AskedClinic ?? Clinics.FirstOrDefault()?.Id ?? "";
        LaidDown = ClinicProtocol.On(Clinic, await Db.ClinicProtocols.AsNoTracking().Where(p => p.ClinicId == Clinic).ToListAsync(ct), To);
        var rows = AdherenceTable.By((await AdherenceTable.ReadAsync(Db, new(From, To, Clinic), AsKnownUtc ?? time.UtcNow(), ct)).Where(r => r.PractitionerId.Length > 0), AdherenceGrouping.Practitioner);
        Practitioners = [.. rows.Select(r => r.PractitionerId).Distinct().Order(StringComparer.Ordinal)];
        Rows = rows.ToLookup(r => r.Rule);
        return Page();
    }

    /// <summary>The tint of a cell: what its figure says too.</summary>
    public static string Tint(Adherence adherence) => adherence.Kept switch { null => "tint none", >= 0.99 => "tint t4", >= 0.95 => "tint t3", >= 0.9 => "tint t2", >= 0.75 => "tint t1", _ => "tint t0" };
}
