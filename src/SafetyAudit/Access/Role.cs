namespace SafetyAudit.Access;

/// <summary>What someone is to the clinic. What each may do stands in <see cref="Roles"/>; a person may have several.</summary>
public enum Role { Director, ComplianceOfficer, Practitioner, Administrator, Auditor }

/// <summary>What a page, an endpoint or a verb asks of whoever uses it.</summary>
public enum Permission
{
    /// <summary>Rates, charts, adherence and alerts; practitioners by id.</summary>
    ReadFigures,
    /// <summary>Practitioners' names.</summary>
    ReadNames,
    /// <summary>Sessions and events one by one, with their versions; patients by pseudonym.</summary>
    ReadRecords,
    /// <summary>What was written in free text about patients.</summary>
    ReadNarratives,
    /// <summary>Sends files and sees what became of their rows.</summary>
    SendRecords,
    /// <summary>The audit trail: reading, checking, exporting it.</summary>
    ReadTrail,
    /// <summary>Accounts, API keys and what they may reach.</summary>
    ManageAccess,
    /// <summary>The links by which anybody reports an event without signing in.</summary>
    KeepReportLinks,
    /// <summary>What a clinic lays down for its protocol, and what was done about its events.</summary>
    LayDownProtocol,
    /// <summary>Reviews alerts: opens cases, looks into them, decides.</summary>
    ReviewCases,
    /// <summary>Compliance reports: looks at them before, freezes, signs and takes them out.</summary>
    KeepReports,
    /// <summary>One's own account: password, second step, sign-ins.</summary>
    KeepOwnAccount,
}

/// <summary>The one table of who may do what. What is not in it is refused.</summary>
public static class Roles
{
    public static IReadOnlySet<Permission> Of(Role role) => Table[role];

    public static IReadOnlySet<Permission> Of(IEnumerable<Role> roles) => roles.SelectMany(r => Table[r]).ToHashSet();

    /// <summary>What a program may do with an API key.</summary>
    public static readonly IReadOnlySet<Permission> OfApiKeys = new HashSet<Permission> { Permission.ReadFigures, Permission.SendRecords };

    static readonly Dictionary<Role, HashSet<Permission>> Table = new()
    {
        [Role.Director] = [Permission.ReadFigures, Permission.ReadNames, Permission.ReadRecords, Permission.ReadNarratives, Permission.SendRecords, Permission.LayDownProtocol, Permission.ReviewCases, Permission.KeepReports, Permission.KeepReportLinks, Permission.KeepOwnAccount],
        [Role.ComplianceOfficer] = [Permission.ReadFigures, Permission.ReadNames, Permission.ReadRecords, Permission.ReadNarratives, Permission.SendRecords, Permission.LayDownProtocol, Permission.ReviewCases, Permission.KeepReports, Permission.ReadTrail, Permission.KeepOwnAccount],
        // Within a scope that holds their own records only.
        [Role.Practitioner] = [Permission.ReadFigures, Permission.ReadNames, Permission.ReadRecords, Permission.KeepOwnAccount],
        [Role.Administrator] = [Permission.ManageAccess, Permission.KeepReportLinks, Permission.KeepOwnAccount],
        // Sees what was changed and by whom, and neither names nor what was written about patients.
        [Role.Auditor] = [Permission.ReadTrail, Permission.ReadRecords, Permission.KeepOwnAccount],
    };
}
