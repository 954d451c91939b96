using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Pages;

/// <summary>Licences, training and first aid of everybody within reach as they stand today, and the sessions given after they lapsed.</summary>
[Needs(Permission.ReadFigures)]
public sealed class CredentialsModel(SafetyAuditDb db, TimeProvider time) : PeriodPage(db)
{
    // Of somebody who is at home nowhere the clinic where they gave their last session tells.
    public override bool Narrows => false;

    public DateOnly Today { get; private set; }
    public List<Credential> Credentials { get; private set; } = [];

    // Practitioners on one page of the timeline.
    const int PagePeople = 25;

    /// <summary>Those whose credentials stand over time on this page.</summary>
    public (List<string> Lines, Paging Paging) People => PageOf([.. Credentials.Select(c => c.PractitionerId).Distinct()], PagePeople, "#timeline");

    /// <summary>Months of the last year in which each gave sessions.</summary>
    public ILookup<string, (DateOnly Month, long Sessions)> Sessions { get; private set; } = Array.Empty<int>().ToLookup(_ => "", _ => (default(DateOnly), 0L));

    public bool MayReadRecords => Db.Actor.May(Permission.ReadRecords);

    /// <summary>The practitioner, where all their credentials stand.</summary>
    public string LinkTo(Credential credential) => $"/practitioners/{Uri.EscapeDataString(credential.PractitionerId)}#credentials";

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        await ReadPeriodAsync(ct);
        Today = DateOnly.FromDateTime(time.UtcNow());
        Credentials = await Credential.ReadAsync(Db, Today, Only?.Id, ct);
        var since = Today.AddYears(-1);
        var days = Db.DailyExposures.AsQueryable();
        if (Only is { Id: var only }) days = days.Where(d => d.ClinicId == only);
        Sessions = (await days.Where(d => d.Date >= since && d.Date <= Today && d.Sessions > 0).GroupBy(d => new { d.PractitionerId, d.Date.Year, d.Date.Month })
            .Select(g => new { g.Key, Sessions = g.Sum(d => (long)d.Sessions) }).ToListAsync(ct)).ToLookup(g => g.Key.PractitionerId, g => (new DateOnly(g.Key.Year, g.Key.Month, 1), g.Sessions));
    }
}
