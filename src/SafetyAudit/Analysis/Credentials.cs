using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;
using SafetyAudit.Summaries;

namespace SafetyAudit.Analysis;

public enum CredentialKind { Licence, ThoracicCompetency, Certificate, BbpTraining, FirstAid }

/// <summary>How a credential stands on a day.</summary>
public enum CredentialState { InDate, LapsesSoon, Lapsed, NotRecorded }

/// <summary>One credential of one practitioner.</summary>
/// <param name="PractitionerId">Whose.</param>
/// <param name="ClinicId">Their home clinic; where none is recorded, the one of their last session.</param>
/// <param name="Kind">Which.</param>
/// <param name="Since">Its first day, where one is recorded.</param>
/// <param name="Until">Its last day; empty where it has none, or the clinic laid down no term.</param>
/// <param name="State">On the day that was asked for.</param>
/// <param name="DaysLeft">To its last day; negative when that has passed.</param>
/// <param name="SessionsAfter">Completed sessions given after its last day.</param>
public sealed record Credential(string PractitionerId, string ClinicId, CredentialKind Kind, DateOnly? Since, DateOnly? Until, CredentialState State, int? DaysLeft, long SessionsAfter)
{
    /// <summary>Days before the last one from which on it is said that a credential lapses: first, again, and last.</summary>
    public static readonly IReadOnlyList<int> Warnings = [60, 30, 7];

    /// <summary>Sessions given so recently before today mean that somebody still works.</summary>
    const int StillWorkingDays = 180;

    public static string Words(CredentialKind kind) => kind switch
    {
        CredentialKind.Licence => "Licence", CredentialKind.ThoracicCompetency => "Thoracic competency", CredentialKind.Certificate => "Dry-needling certificate",
        CredentialKind.BbpTraining => "Blood-borne-pathogen training", _ => "First aid",
    };

    /// <summary>The warning that has been reached; empty before the first.</summary>
    public int? Warning => State == CredentialState.LapsesSoon ? Warnings.Last(w => DaysLeft <= w) : null;

    /// <summary>Who still works, by these days.</summary>
    public static Task<List<string>> WorkingAsync(IQueryable<DailyExposure> days, DateOnly today, CancellationToken ct)
    {
        var since = today.AddDays(-StillWorkingDays);
        return days.Where(d => d.Date >= since && d.Sessions > 0).Select(d => d.PractitionerId).Distinct().ToListAsync(ct);
    }

    /// <summary>Credentials of everybody within reach, as they stand on a day, in the order of practitioners.</summary>
    /// <param name="db">What is stored.</param>
    /// <param name="today">The day.</param>
    /// <param name="clinicId">One clinic's practitioners; all within reach when left out.</param>
    /// <param name="ct">Stops the reading.</param>
    /// <param name="among">These practitioners alone, where given.</param>
    public static async Task<List<Credential>> ReadAsync(SafetyAuditDb db, DateOnly today, string? clinicId, CancellationToken ct, string[]? among = null)
    {
        var known = db.PractitionersReached();
        if (among is not null) known = known.Where(p => among.Contains(p.PractitionerId));
        if (clinicId is not null) known = known.Where(p => p.ClinicId == clinicId || p.ClinicId == null);
        var people = await known.OrderBy(p => p.PractitionerId).ToListAsync(ct);
        var without = people.Where(p => p.ClinicId is null).Select(p => p.PractitionerId).ToList();
        var last = (await db.DailyExposures.Where(d => without.Contains(d.PractitionerId) && d.Sessions > 0).GroupBy(d => new { d.PractitionerId, d.ClinicId }).Select(g => new { g.Key.PractitionerId, g.Key.ClinicId, Day = g.Max(d => d.Date) }).ToListAsync(ct))
            .GroupBy(d => d.PractitionerId).ToDictionary(g => g.Key, g => g.MaxBy(d => (d.Day, d.ClinicId))!.ClinicId);
        string[] homes = [.. people.Select(p => p.ClinicId ?? last.GetValueOrDefault(p.PractitionerId)).OfType<string>().Distinct()];
        var laidDown = (await db.ClinicProtocols.AsNoTracking().Where(p => homes.Contains(p.ClinicId)).ToListAsync(ct)).ToLookup(p => p.ClinicId);
        var found = new List<Credential>();
        foreach (var p in people)
        {
            if ((p.ClinicId ?? last.GetValueOrDefault(p.PractitionerId)) is not { } home || clinicId is not null && home != clinicId) continue;
            var clinic = ClinicProtocol.On(home, laidDown[home], today);
            DateOnly? bbpUntil = p.BbpTrainingOn is { } trained && clinic.BbpTrainingDays is { } days ? trained.AddDays(days) : null;
            foreach (var (kind, since, until) in new (CredentialKind, DateOnly?, DateOnly?)[]
            {
                (CredentialKind.Licence, p.LicenceIssued, p.LicenceExpires), (CredentialKind.Certificate, p.CertifiedOn, null), (CredentialKind.ThoracicCompetency, p.ThoracicCompetencyOn, null),
                (CredentialKind.BbpTraining, p.BbpTrainingOn, bbpUntil), (CredentialKind.FirstAid, null, p.CprExpires),
            })
            {
                int? left = until is { } end ? end.DayNumber - today.DayNumber : null;
                var state = since is null && until is null || since > today ? CredentialState.NotRecorded : left < 0 ? CredentialState.Lapsed : left <= Warnings[0] ? CredentialState.LapsesSoon : CredentialState.InDate;
                // A licence that was taken away or is said to have lapsed is none today, whatever its dates say.
                if (kind == CredentialKind.Licence && p.LicenceStatus is not (null or LicenceStatus.Active)) state = CredentialState.Lapsed;
                long after = state == CredentialState.Lapsed && until is { } day ? await db.DailyExposures.Where(d => d.PractitionerId == p.PractitionerId && d.Date > day).SumAsync(d => (long)d.Sessions, ct) : 0;
                found.Add(new(p.PractitionerId, home, kind, since, until, state, left, after));
            }
        }
        return found;
    }
}
