using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using SafetyAudit.Data;

namespace SafetyAudit.Migrations.Sqlite;

/// <summary>Lets <c>migrations/add</c> write migrations without starting the program.</summary>
sealed class DesignTime : IDesignTimeDbContextFactory<SafetyAuditDb>
{
    public SafetyAuditDb CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<SafetyAuditDb>();
        Database.Configure(options, new(DatabaseProvider.Sqlite, "Data Source=:memory:", "."));
        return new(options.Options);
    }
}
