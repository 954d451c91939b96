using Microsoft.AspNetCore.Mvc;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>How complete, timely, linked and free of duplicates the records are, and how that changed month by month.</summary>
[Needs(Permission.ReadFigures)]
public sealed class DataQualityModel(SafetyAuditDb db) : PeriodPage(db)
{
    /// <summary>Whose months are shown, beside the clinic asked for.</summary>
    [BindProperty(Name = "practitioner", SupportsGet = true)] public string? AskedPractitioner { get; set; }

    public DataQuality Quality { get; private set; } = new([], [], [], null);

    /// <summary>Practitioners on one page.</summary>
    const int PageRows = 50;

    public (List<QualityRow> Lines, Paging Paging) Practitioners => PageOf(Quality.Practitioners, PageRows, "#practitioners");

    public QualityRow? Chosen { get; private set; }
    public List<QualityRow> Months { get; private set; } = [];
    public bool MaySend => Db.Actor.May(Permission.SendRecords);

    public override bool ShowsFewTogether => true;

    public override bool WithClinicless => true;

    public override IEnumerable<(string Name, string Value)> Kept => AskedPractitioner is null ? base.Kept : [.. base.Kept, ("practitioner", AskedPractitioner)];

    public string LinkTo(QualityRow row) =>
        $"/data-quality?clinic={Uri.EscapeDataString(row.ClinicId)}{(row.PractitionerId is { } id ? $"&practitioner={Uri.EscapeDataString(id)}" : "")}&{PeriodQuery}{(After > 0 ? $"&after={After}" : "")}#months";

    /// <summary>The figures of a month by itself, from a share's point; or the records that it lacks.</summary>
    public string LinkToMonth(QualityRow month, QualityPart part) => RowsOf(month, part) ?? $"/data-quality?clinic={Uri.EscapeDataString(month.ClinicId)}{(month.PractitionerId is { } id ? $"&practitioner={Uri.EscapeDataString(id)}" : "")}&from={Show.Iso(month.From)}&to={Show.Iso(month.To)}";

    /// <summary>Where the records are that a share lacks, or that are counted; nothing where there are none.</summary>
    public string? RowsOf(QualityRow row, QualityPart of)
    {
        var part = of.Of(row);
        if (of.CountsGaps ? part.Met == 0 : part.Met == part.Of) return null;
        string whose = $"{(row.PractitionerId is { } id ? $"practitioner={Uri.EscapeDataString(id)}&" : "")}clinic={Uri.EscapeDataString(row.ClinicId)}&from={Show.Iso(row.From)}&to={Show.Iso(row.To)}";
        if (of.Gap is { } gap) return Db.Actor.May(Permission.ReadRecords) ? $"/sessions?of={Codes.Of(gap)}&{whose}" : null;
        // Which rule lacks what stands in the matrix of the clinic, in each practitioner's column.
        return of == QualityPart.Answers ? $"/adherence?{whose}" : null;
    }

    public string NameOf(QualityRow row) => row.PractitionerId is { } id ? T("{0} at {1}", base.NameOf(id), row.ClinicId) : row.ClinicId;

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        await ReadPeriodAsync(ct);
        Quality = await DataQuality.ReadAsync(Db, From, To, ct);
        var subjects = Quality.Clinics.Concat(Quality.Practitioners).ToList();
        string? clinic = Only?.Id ?? AskedClinic;
        Chosen = subjects.Find(s => s.ClinicId == clinic && s.PractitionerId == AskedPractitioner) ?? (AskedPractitioner is null ? subjects.FirstOrDefault() : subjects.Find(s => (clinic is null || s.ClinicId == clinic) && s.PractitionerId == AskedPractitioner));
        if (Chosen is { } chosen) Months = [.. Quality.Months.Where(m => m.ClinicId == chosen.ClinicId && m.PractitionerId == chosen.PractitionerId)];
    }
}
