namespace SafetyAudit.Uploads;

/// <summary>
/// What is known of the appointment exports of common systems, to begin a mapping with. They hold who, whom and when; needling, consent, follow-up and events
/// are in none of them. What a clinic's own export calls otherwise is chosen on the page, once.
/// </summary>
/// <remarks>
/// Cliniko: fields of <c>individual_appointments</c> in its API documentation. Nookal: fields of its appointment record. OpenEMR: table
/// <c>openemr_postcalendar_events</c> and its list <c>apptstat</c>. Of Zanda's and Jane's exports no columns are published.
/// </remarks>
public static class MappingPresets
{
    public static IReadOnlyList<ColumnMapping> All { get; } =
    [
        Sessions("Cliniko", [
            new("session_id") { From = ["id"] }, new("practitioner_id") { From = ["practitioner_id"] }, new("practitioner_id") { From = ["practitioner"] },
            new("patient_id") { From = ["patient_id"] }, new("patient_id") { From = ["patient"] }, new("started_at") { From = ["starts_at"] }, new("ended_at") { From = ["ends_at"] },
            new("status") { From = ["did_not_arrive"], Meanings = Meaning("no_show") }, new("status") { From = ["cancelled_at"], WhenFilled = "cancelled" }, new("status") { Always = "completed" },
        ]),
        Sessions("Nookal", [
            new("session_id") { From = ["ID"] }, new("practitioner_id") { From = ["practitionerID"] }, new("patient_id") { From = ["patientID"] },
            new("started_at") { From = ["appointmentDate", "appointmentStartTime"] }, new("ended_at") { From = ["appointmentDate", "appointmentEndTime"] },
            new("status") { From = ["cancelled"], Meanings = Meaning("cancelled") }, new("status") { Always = "completed" },
        ]),
        Sessions("OpenEMR", [
            new("session_id") { From = ["pc_eid"] }, new("practitioner_id") { From = ["pc_aid"] }, new("patient_id") { From = ["pc_pid"] },
            new("started_at") { From = ["pc_eventDate", "pc_startTime"] }, new("ended_at") { From = ["pc_eventDate", "pc_endTime"] },
            // Arrived, in the room and the like say that a visit began, not that it was a treatment that ended: the page asks.
            new("status") { From = ["pc_apptstatus"], Meanings = new Dictionary<string, string> { [">"] = "completed", ["$"] = "completed", ["x"] = "cancelled", ["%"] = "cancelled", ["!"] = "cancelled", ["?"] = "no_show" } },
        ]),
    ];

    /// <summary>What to begin with for a file: the preset whose columns it has, else our own columns by the likeness of their names.</summary>
    /// <param name="headers">The file's header.</param>
    /// <param name="kind">What the file holds, as far as anyone said.</param>
    public static ColumnMapping Suggest(IReadOnlyList<string> headers, RecordKind? kind)
    {
        var named = headers.ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var preset in All.Where(p => kind is null || p.Kind == kind))
        {
            var usable = preset.Columns.Where(c => c.From.All(named.Contains)).ToList();
            if (Intake.Of(preset.Kind).Columns.Where(c => c.IsRequired).All(c => usable.Exists(u => u.Target == c.Name))) return Copy(preset, usable);
        }
        var known = kind ?? RecordKind.Sessions;
        return Copy(new() { Name = "", Kind = known, HeaderDigest = "", AddedBy = "" }, [.. Intake.Of(known).Columns
            .Select(c => (c.Name, Like: headers.FirstOrDefault(h => Alike(h, c.Name)))).Where(c => c.Like is not null).Select(c => new MappedColumn(c.Name) { From = [c.Like!] })]);

        ColumnMapping Copy(ColumnMapping of, List<MappedColumn> columns) => new() { Name = of.Name, Kind = of.Kind, HeaderDigest = ColumnMapping.DigestOf(headers), Columns = columns, AddedBy = "" };
    }

    // "Session ID", "sessionId" and "session-id" are session_id.
    static bool Alike(string header, string column) =>
        new string([.. header.Where(char.IsLetterOrDigit)]).Equals(column.Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);

    static ColumnMapping Sessions(string name, IReadOnlyList<MappedColumn> columns) => new() { Name = name, Kind = RecordKind.Sessions, HeaderDigest = "", Columns = columns, AddedBy = "" };

    static Dictionary<string, string> Meaning(string yes) => new() { ["true"] = yes, ["yes"] = yes, ["1"] = yes, ["false"] = "", ["no"] = "", ["0"] = "" };
}
