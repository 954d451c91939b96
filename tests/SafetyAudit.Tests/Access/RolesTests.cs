using SafetyAudit.Access;

namespace SafetyAudit.Tests.Access;

/// <summary>The table of who may do what, written down here a second time: a permission that is given to one more role, or lost, fails, whether or not a page shows it.</summary>
public class RolesTests
{
    static readonly Dictionary<Permission, Role[]> Holders = new()
    {
        [Permission.ReadFigures] = [Role.Director, Role.ComplianceOfficer, Role.Practitioner],
        [Permission.ReadNames] = [Role.Director, Role.ComplianceOfficer, Role.Practitioner],
        [Permission.ReadRecords] = [Role.Director, Role.ComplianceOfficer, Role.Practitioner, Role.Auditor],
        [Permission.ReadNarratives] = [Role.Director, Role.ComplianceOfficer],
        [Permission.SendRecords] = [Role.Director, Role.ComplianceOfficer],
        [Permission.ReadTrail] = [Role.ComplianceOfficer, Role.Auditor],
        [Permission.ManageAccess] = [Role.Administrator],
        [Permission.KeepReportLinks] = [Role.Director, Role.Administrator],
        [Permission.LayDownProtocol] = [Role.Director, Role.ComplianceOfficer],
        [Permission.ReviewCases] = [Role.Director, Role.ComplianceOfficer],
        [Permission.KeepReports] = [Role.Director, Role.ComplianceOfficer],
        [Permission.KeepOwnAccount] = [Role.Director, Role.ComplianceOfficer, Role.Practitioner, Role.Administrator, Role.Auditor],
    };

    [Fact]
    public void Each_role_and_each_key_may_do_what_stands_here_and_nothing_else()
    {
        Assert.Equal(Enum.GetValues<Permission>().Order(), Holders.Keys.Order());
        foreach (var role in Enum.GetValues<Role>())
            Assert.Equal(Holders.Where(h => h.Value.Contains(role)).Select(h => h.Key).Order(), Roles.Of([role]).Order());
        Assert.Equal([Permission.ReadFigures, Permission.SendRecords], Roles.OfApiKeys.Order());
        Assert.Empty(Roles.Of([]));
        Assert.Empty(Actor.Nobody.Permissions);
        Assert.Empty(Actor.Anonymous("203.0.113.7").Permissions);
    }
}
