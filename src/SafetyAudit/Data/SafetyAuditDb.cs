using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Measures;
using SafetyAudit.Sessions;
using SafetyAudit.Summaries;
using SafetyAudit.Uploads;

namespace SafetyAudit.Data;

/// <summary>Everything that is kept, in one database. Tables and columns are snake_case, enums are their codes, instants are UTC.</summary>
public sealed class SafetyAuditDb(DbContextOptions<SafetyAuditDb> options) : IdentityUserContext<User>(options)
{
    public DbSet<Clinic> Clinics => Set<Clinic>();
    public DbSet<Practitioner> Practitioners => Set<Practitioner>();
    public DbSet<PatientRisk> PatientRisks => Set<PatientRisk>();
    public DbSet<Session> Sessions => Set<Session>();
    public DbSet<AdverseEvent> AdverseEvents => Set<AdverseEvent>();
    public DbSet<FollowUp> FollowUps => Set<FollowUp>();
    public DbSet<Upload> Uploads => Set<Upload>();
    public DbSet<QuarantinedRow> QuarantinedRows => Set<QuarantinedRow>();
    public DbSet<Measure> Measures => Set<Measure>();
    public DbSet<Baseline> Baselines => Set<Baseline>();
    public DbSet<DailyExposure> DailyExposures => Set<DailyExposure>();
    public DbSet<DailyObserved> DailyObserved => Set<DailyObserved>();
    public DbSet<DailyAdherence> DailyAdherence => Set<DailyAdherence>();
    public DbSet<StaleDay> StaleDays => Set<StaleDay>();
    public DbSet<Alert> Alerts => Set<Alert>();
    public DbSet<KeyInUse> KeysInUse => Set<KeyInUse>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<DateTime>().HaveConversion<UtcConverter>();
        configurationBuilder.Properties<IReadOnlyList<string>>().HaveConversion<TextListConverter, TextListComparer>();
        configurationBuilder.Properties<IReadOnlyList<SessionRegion>>().HaveConversion<RegionListConverter, RegionListComparer>();
    }

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);

        builder.Entity<Clinic>().HasKey(c => c.Id);
        builder.Entity<Measure>(measure =>
        {
            measure.HasKey(m => m.Code);
            measure.Ignore(m => m.IsSummary);
        });
        builder.Entity<Baseline>(baseline =>
        {
            baseline.Ignore(b => b.Rate).Ignore(b => b.Distribution);
            baseline.HasOne<Measure>().WithMany().HasForeignKey(b => b.MeasureCode).OnDelete(DeleteBehavior.Restrict);
        });

        Record<Session>(builder, s => new { s.SessionId, s.ClinicId, s.Version });
        builder.Entity<Session>(session =>
        {
            session.HasIndex(s => new { s.ClinicId, s.PractitionerId, s.Date });
            session.HasOne<Clinic>().WithMany().HasForeignKey(s => s.ClinicId).OnDelete(DeleteBehavior.Restrict);
        });
        Record<AdverseEvent>(builder, e => new { e.EventId, e.Version, e.ClinicId });
        builder.Entity<AdverseEvent>(adverseEvent =>
        {
            adverseEvent.HasIndex(e => new { e.LinkedSessionId, e.LinkedClinicId });
            adverseEvent.HasIndex(e => e.SessionId).HasFilter("linked_session_id IS NULL").HasDatabaseName("ix_adverse_events_waiting");
        });
        Record<Practitioner>(builder, p => new { p.PractitionerId, p.Version });
        Record<PatientRisk>(builder, p => new { p.PatientId, p.ValidFrom, p.Version });
        Record<FollowUp>(builder, f => new { f.FollowUpId, f.Version });
        builder.Entity<FollowUp>().HasIndex(f => new { f.SessionId, f.ClinicId });

        builder.Entity<Upload>().HasIndex(u => u.Status);
        builder.Entity<QuarantinedRow>(row =>
        {
            row.Ignore(r => r.Text).Ignore(r => r.Reasons);
            row.HasIndex(r => new { r.UploadId, r.Line });
            row.HasIndex(r => new { r.Kind, r.RecordId }).HasFilter("closed_at_utc IS NULL").HasDatabaseName("ix_quarantined_rows_open");
            row.HasOne<Upload>().WithMany().HasForeignKey(r => r.UploadId).OnDelete(DeleteBehavior.Restrict);
        });

        builder.Entity<KeyInUse>(key =>
        {
            key.HasKey(k => k.Number);
            key.Property(k => k.Number).ValueGeneratedNever();
        });

        builder.Entity<DailyExposure>().HasKey(d => new { d.ClinicId, d.PractitionerId, d.Date });
        builder.Entity<DailyObserved>().HasKey(d => new { d.ClinicId, d.PractitionerId, d.Date, d.Measure });
        builder.Entity<DailyAdherence>().HasKey(d => new { d.ClinicId, d.PractitionerId, d.Date, d.Rule });

        builder.Entity<Alert>(alert =>
        {
            alert.HasIndex(a => a.Key).IsUnique().HasFilter("status = 'open'").HasDatabaseName("ix_alerts_one_open");
            alert.HasIndex(a => new { a.Status, a.ClinicId });
        });

        foreach (var entity in builder.Model.GetEntityTypes()) Spell(entity);
    }

    static void Record<T>(ModelBuilder builder, System.Linq.Expressions.Expression<Func<T, object?>> identity) where T : Record
    {
        builder.Entity<T>(record =>
        {
            record.HasIndex(identity).IsUnique();
            record.HasIndex(r => r.UploadId);
            record.HasOne<Upload>().WithMany().HasForeignKey(r => r.UploadId).OnDelete(DeleteBehavior.Restrict);
        });
    }

    // One spelling for tables, columns and codes, so that SQL written by hand is the same on both databases.
    static void Spell(IMutableEntityType entity)
    {
        entity.SetTableName(Codes.SnakeCase(entity.GetTableName()!));
        foreach (var property in entity.GetProperties())
        {
            property.SetColumnName(Codes.SnakeCase(property.Name));
            var type = Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType;
            if (type.IsEnum) property.SetValueConverter((Microsoft.EntityFrameworkCore.Storage.ValueConversion.ValueConverter)Activator.CreateInstance(typeof(CodeConverter<>).MakeGenericType(type))!);
        }
        foreach (var key in entity.GetKeys()) key.SetName(Codes.SnakeCase(key.GetName()!));
        foreach (var key in entity.GetForeignKeys()) key.SetConstraintName(Codes.SnakeCase(key.GetConstraintName()!));
        foreach (var index in entity.GetIndexes()) index.SetDatabaseName(Codes.SnakeCase(index.GetDatabaseName()!));
    }
}
