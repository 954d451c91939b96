using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Protocol;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages.AdherencePages;

/// <summary>Every rule of every practitioner of a clinic: the share kept, and beside it how much could be judged.</summary>
[Needs(Permission.ReadFigures)]
public sealed class AdherenceModel(SafetyAuditDb db, TimeProvider time) : PeriodPage(db)
{
    public string Clinic => Only?.Id ?? (Reach.Count > 0 ? Reach[0].Id : "");
    public ClinicProtocol LaidDown { get; private set; } = ClinicProtocol.NothingSet("");

    /// <summary>Columns of practitioners on one page: each has a cell for every rule.</summary>
    public const int MostColumns = 10;

    [BindProperty(Name = "part", SupportsGet = true)] public int? AskedPart { get; set; }

    /// <summary>Whose column is looked for, where no part is.</summary>
    [BindProperty(Name = "practitioner", SupportsGet = true)] public string? AskedPractitioner { get; set; }

    /// <summary>Which columns are shown, from 1.</summary>
    public int Part { get; private set; } = 1;

    public int Parts => (People + MostColumns - 1) / MostColumns;

    /// <summary>How many practitioners of the clinic there are in the period, on all parts.</summary>
    public int People => All.Count;

    /// <summary>All of them, in the order of ids.</summary>
    public List<string> All { get; private set; } = [];

    /// <summary>This page with other columns.</summary>
    public string PartAddress(int part) => Request.Path + QueryString.Create(Request.Query.Where(q => q.Key != "part").Append(new("part", $"{part}")));

    /// <summary>Those whose columns are shown.</summary>
    public List<string> Practitioners { get; private set; } = [];
    public ILookup<ProtocolRule, AdherenceRow> Rows { get; private set; } = Array.Empty<AdherenceRow>().ToLookup(r => r.Rule);

    public override bool LooksBack => true;

    public override int Together => 1;

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var state = await BeginAsync(() => (From, To), ct);
        LaidDown = ClinicProtocol.On(Clinic, await Db.ClinicProtocols.AsNoTracking().Where(p => p.ClinicId == Clinic).ToListAsync(ct), To);
        var rows = AdherenceTable.By((await AdherenceTable.ReadAsync(Db, new(From, To, Clinic), AsKnownUtc ?? time.UtcNow(), ct)).Where(r => r.PractitionerId.Length > 0), AdherenceGrouping.Practitioner);
        All = [.. rows.Select(r => r.PractitionerId).Distinct().Order(StringComparer.Ordinal)];
        Part = Math.Clamp(AskedPart ?? (All.IndexOf(AskedPractitioner ?? "") is >= 0 and var column ? column / MostColumns + 1 : 1), 1, Math.Max(1, Parts));
        Practitioners = [.. All.Skip((Part - 1) * MostColumns).Take(MostColumns)];
        Rows = rows.ToLookup(r => r.Rule);
    }

    /// <summary>A part of the protocol, as a heading; in English.</summary>
    public static string Area(string area) => area == "followup" ? "Follow-up" : char.ToUpperInvariant(area[0]) + area[1..];

    /// <summary>The same as the reader reads it. By "Follow-up" alone pages call its grade.</summary>
    public static string SayArea(string area) => area == "followup" && !CultureInfo.CurrentUICulture.Name.StartsWith("en", StringComparison.Ordinal) ? T("Follow-ups") : T(Area(area));
}
