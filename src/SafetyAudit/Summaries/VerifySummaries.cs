using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;

namespace SafetyAudit.Summaries;

/// <summary>Compares the counts from which every figure is made with what the records give, one practitioner at one clinic at a time. Writes nothing.</summary>
public static class VerifySummaries
{
    public static async IAsyncEnumerable<string> RunAsync(SafetyAuditDb db, ICollection<string> said, [EnumeratorCancellation] CancellationToken ct)
    {
        if (await db.StaleDays.LongCountAsync(ct) is > 0 and var stale)
        {
            said.Add($"daily counts were not compared: {stale} days wait to be counted anew; check again when they are");
            yield break;
        }
        var everyone = await db.DailyExposures.Select(d => new { d.ClinicId, d.PractitionerId })
            .Union(db.DailyObserved.Select(d => new { d.ClinicId, d.PractitionerId })).Union(db.DailyAdherence.Select(d => new { d.ClinicId, d.PractitionerId }))
            .Union(db.DailyQuality.Select(d => new { d.ClinicId, d.PractitionerId })).Union(db.Current<Session>().Select(s => new { s.ClinicId, s.PractitionerId })).OrderBy(p => p.ClinicId).ThenBy(p => p.PractitionerId).ToListAsync(ct);
        long days = 0;
        foreach (var one in everyone)
        {
            var (clinic, practitioner) = (one.ClinicId, one.PractitionerId);
            Dictionary<(string ClinicId, string PractitionerId, DateOnly Date), RefreshSummaries.Day>? computed = null;
            try
            {
                computed = await RefreshSummaries.ComputeAsync(db, db.Current<Session>().Where(s => s.ClinicId == clinic && s.PractitionerId == practitioner), ct);
            }
            catch (Exception e) when (ReadableRows.IsUnreadable(e))
            {
                // Which record it is was said where the records were compared.
            }
            if (computed is null)
            {
                yield return $"the days of {practitioner} at {clinic} can't be counted anew: one of their records can't be read";
                continue;
            }
            days += computed.Count;
            var given = new Dictionary<(DateOnly Date, string Of), string>();
            foreach (var day in computed.Values)
            {
                Put(given, day.Exposure);
                Put(given, day.Quality);
                foreach (var observed in day.Observed()) Put(given, observed);
                Put(given, day.Adherence());
            }
            var kept = new Dictionary<(DateOnly Date, string Of), string>();
            foreach (var d in await db.DailyExposures.AsNoTracking().Where(d => d.ClinicId == clinic && d.PractitionerId == practitioner).ToListAsync(ct)) Put(kept, d);
            foreach (var d in await db.DailyObserved.AsNoTracking().Where(d => d.ClinicId == clinic && d.PractitionerId == practitioner).ToListAsync(ct)) Put(kept, d);
            foreach (var d in await db.DailyAdherence.AsNoTracking().Where(d => d.ClinicId == clinic && d.PractitionerId == practitioner).ToListAsync(ct)) Put(kept, d);
            foreach (var d in await db.DailyQuality.AsNoTracking().Where(d => d.ClinicId == clinic && d.PractitionerId == practitioner).ToListAsync(ct)) Put(kept, d);
            foreach (var what in given.Keys.Union(kept.Keys).Order())
                if (given.GetValueOrDefault(what) is var right && kept.GetValueOrDefault(what) is var found && right != found)
                    yield return $"{practitioner} at {clinic} on {what.Date:yyyy-MM-dd}, {what.Of}: {found ?? "nothing"} kept, and the records give {right ?? "nothing"}";
        }
        said.Add($"{days} practitioner-days counted anew");
    }

    static void Put(Dictionary<(DateOnly, string), string> counts, DailyExposure day) => counts[(day.Date, "exposure")] = $"{day.Sessions} sessions, {day.AtRiskSessions} over the lungs, {day.FollowedUp} followed up, {day.Reached} reached";

    static void Put(Dictionary<(DateOnly, string), string> counts, DailyObserved day) => 
        counts[(day.Date, day.Measure)] = day.FoundByAsking == 0 ? $"{day.Observed}" : $"{day.Observed} and {day.FoundByAsking} found by asking";

    static void Put(Dictionary<(DateOnly, string), string> counts, DailyAdherence day)
    {
        if (day.RulesVersion != Rules.Version)
        {
            counts[(day.Date, "adherence")] = $"outcomes of other rules ({day.RulesVersion})";
            return;
        }
        var outcomes = new Adherence[Rules.OfSessions.Count];
        day.AddTo(outcomes);
        for (int i = 0; i < outcomes.Length; i++)
            counts[(day.Date, Rules.OfSessions[i].Id)] = $"{outcomes[i].Pass} kept, {outcomes[i].Fail} not kept, {outcomes[i].NotRecorded} not recorded, {outcomes[i].NotApplicable} not applicable";
    }

    static void Put(Dictionary<(DateOnly, string), string> counts, DailyQuality day) => counts[(day.Date, "quality")] = $"{day.Answered} of {day.Asked} answers, {day.InTime} of {day.Awaited} in time, "
        + $"{day.RepeatedSessions} repeated; {day.Events} events, {day.EventsNamed} name their session, {day.EventDetails} details, {day.EventsPrompt} of {day.EventsTimed} prompt, {day.RepeatedEvents} repeated";
}
