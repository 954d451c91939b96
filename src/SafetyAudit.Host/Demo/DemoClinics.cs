namespace SafetyAudit.Host.Demo;

/// <summary>Three invented clinics and two years of their records, written as the CSV files that any clinic would send.</summary>
/// <remarks>
/// Deterministic: the same last day gives the same bytes. There is no clock in here: whoever calls chooses the last day, and nothing in the files
/// is dated after its end (UTC), so a last day before today passes every check for dates in the future.
/// </remarks>
public static class DemoClinics
{
    /// <summary>Brady 2014's 7,629 treatments, the first denominator for dry needling.</summary>
    public const int Seed = 7629;

    public static readonly IReadOnlyList<(string Id, string Name, string TimeZone)> Clinics =
    [
        ("RIVER", "Riverside Physiotherapy", "Europe/London"),
        ("HARB", "Harbour Sports Medicine", "Europe/Dublin"),
        ("NORTH", "Northgate Pain Clinic", "Europe/London"),
    ];

    /// <summary>Everything that is wrong in the demo on purpose, and the practitioner or clinic where an audit should find it.</summary>
    public static readonly IReadOnlyList<(string What, string Where)> Planted =
    [
        ("The rate of minor bruising doubles eight months before the last day", DemoFaults.BruisingDoubles),
        ("No event is recorded in two years of ordinary volume", DemoFaults.RecordsNoEvents),
        ("The licence expires 60 days before the last day and treatment goes on", DemoFaults.LicenceExpired),
        ("In the last six months consent is missing in about a third of sessions, and a handful are dated after the first needle", DemoFaults.ConsentMissing),
        ("One needle is left in a patient: one more inserted than removed, one more opened than disposed of", DemoFaults.NeedleRetained),
        ("Events are recorded late: about 12 days after onset, elsewhere within two days", DemoFaults.RecordsLate),
    ];

    /// <summary>Writes practitioners.csv, then sessions-CLINIC.csv, events-CLINIC.csv and, where patients are asked, follow-ups-CLINIC.csv.</summary>
    /// <returns>The paths in the order in which they are to be imported.</returns>
    public static IReadOnlyList<string> WriteFiles(string directory, DateOnly lastDay)
    {
        Directory.CreateDirectory(directory);
        var practitioners = Path.Combine(directory, "practitioners.csv");
        DemoCsv.Write(practitioners, DemoPractitioners.Columns(lastDay), DemoPractitioners.All);
        List<string> paths = [practitioners];

        for (var i = 0; i < Clinics.Count; i++)
        {
            // One generator per clinic and kind: changing one clinic leaves the files of the others as they were.
            var clinic = Clinics[i].Id;
            var sessions = DemoSessions.Make(clinic, TimeZoneInfo.FindSystemTimeZoneById(Clinics[i].TimeZone), lastDay, new Random(Seed + i));
            DemoFaults.LeaveOneNeedle(sessions, lastDay);
            var events = DemoEvents.Make(clinic, sessions, lastDay, new Random(Seed + 100 + i));

            var sessionsPath = Path.Combine(directory, $"sessions-{clinic}.csv");
            var eventsPath = Path.Combine(directory, $"events-{clinic}.csv");
            DemoCsv.Write(sessionsPath, DemoSessions.Columns, sessions);
            DemoCsv.Write(eventsPath, DemoEvents.Columns, events);
            paths.AddRange([sessionsPath, eventsPath]);
            if (!DemoFollowUps.AsksPatients(clinic)) continue;
            var followUpsPath = Path.Combine(directory, $"follow-ups-{clinic}.csv");
            DemoCsv.Write(followUpsPath, DemoFollowUps.Columns, DemoFollowUps.Make(clinic, sessions, events, lastDay, new Random(Seed + 200 + i)));
            paths.Add(followUpsPath);
        }
        return paths;
    }
}
