using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;
using Microsoft.EntityFrameworkCore.Storage;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.AuditTrail;
using SafetyAudit.Cases;
using SafetyAudit.Measures;
using SafetyAudit.Notices;
using SafetyAudit.Protocol;
using SafetyAudit.Reports;
using SafetyAudit.Sessions;
using SafetyAudit.Summaries;
using SafetyAudit.Uploads;

namespace SafetyAudit.Data;

/// <summary>Everything that is kept, in one database. Tables and columns are snake_case, enums are their codes, instants are UTC.</summary>
/// <remarks>
/// Each context acts for someone. What lies outside that actor's scope is not there for it, whatever is asked; and every change it saves is entered in the
/// audit trail in the same transaction. A context that nobody was named for sees no record and saves nothing.
/// </remarks>
public sealed class SafetyAuditDb(DbContextOptions<SafetyAuditDb> options, Trail? trail = null) : IdentityUserContext<User>(options)
{
    public Actor Actor { get; set; } = Actor.Nobody;

    /// <summary>Why the next save is made, as the person gave it.</summary>
    public string? Why { get; set; }

    /// <summary>The same context, acting for someone.</summary>
    public SafetyAuditDb As(Actor actor)
    {
        Actor = actor;
        return this;
    }

    readonly List<AuditDraft> told = [];

    /// <summary>Enters what the changed rows don't tell by themselves, with the next save.</summary>
    public void Enter(AuditDraft draft) => told.Add(draft);

    public Trail Trail => trail ?? throw new InvalidOperationException("This database context was made without the audit trail and can only read.");

    public DbSet<AuditEntry> AuditEntries => Set<AuditEntry>();
    public DbSet<MovedReads> MovedReads => Set<MovedReads>();
    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();
    public DbSet<Clinic> Clinics => Set<Clinic>();
    public DbSet<Practitioner> Practitioners => Set<Practitioner>();
    public DbSet<PatientRisk> PatientRisks => Set<PatientRisk>();
    public DbSet<Session> Sessions => Set<Session>();
    public DbSet<AdverseEvent> AdverseEvents => Set<AdverseEvent>();
    public DbSet<LinkDecision> LinkDecisions => Set<LinkDecision>();
    public DbSet<FollowUp> FollowUps => Set<FollowUp>();
    public DbSet<Upload> Uploads => Set<Upload>();
    public DbSet<Delivery> Deliveries => Set<Delivery>();
    public DbSet<ReportLink> ReportLinks => Set<ReportLink>();
    public DbSet<QuarantinedRow> QuarantinedRows => Set<QuarantinedRow>();
    public DbSet<Measure> Measures => Set<Measure>();
    public DbSet<Baseline> Baselines => Set<Baseline>();
    public DbSet<BaselineChoice> BaselineChoices => Set<BaselineChoice>();
    public DbSet<DailyExposure> DailyExposures => Set<DailyExposure>();
    public DbSet<DailyObserved> DailyObserved => Set<DailyObserved>();
    public DbSet<DailyAdherence> DailyAdherence => Set<DailyAdherence>();
    public DbSet<DailyQuality> DailyQuality => Set<DailyQuality>();
    public DbSet<StaleDay> StaleDays => Set<StaleDay>();
    public DbSet<StaleClinic> StaleClinics => Set<StaleClinic>();
    public DbSet<ClinicProtocol> ClinicProtocols => Set<ClinicProtocol>();
    public DbSet<EventStep> EventSteps => Set<EventStep>();
    public DbSet<Alert> Alerts => Set<Alert>();
    public DbSet<MonitoredPractitioner> MonitoredPractitioners => Set<MonitoredPractitioner>();
    public DbSet<Case> Cases => Set<Case>();
    public DbSet<CaseEntry> CaseEntries => Set<CaseEntry>();
    public DbSet<Notice> Notices => Set<Notice>();
    public DbSet<Webhook> Webhooks => Set<Webhook>();
    public DbSet<PlannedUpTo> PlannedUpTo => Set<PlannedUpTo>();
    public DbSet<Report> Reports => Set<Report>();
    public DbSet<ReportSchedule> ReportSchedules => Set<ReportSchedule>();
    public DbSet<KeptReportFile> KeptReportFiles => Set<KeptReportFile>();
    public DbSet<SignIn> SignIns => Set<SignIn>();
    public DbSet<SavedView> SavedViews => Set<SavedView>();
    public DbSet<ColumnMapping> ColumnMappings => Set<ColumnMapping>();
    public DbSet<KeyInUse> KeysInUse => Set<KeyInUse>();

    /// <summary>Saves, and enters what was changed in the audit trail: both or neither.</summary>
    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        ChangeTracker.DetectChanges();
        var changes = ChangeTracker.HasChanges() ? Changes.Of(ChangeTracker, await Trail.HidingAsync(this, cancellationToken)) : [];
        if (changes.Count == 0 && told.Count == 0) return await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
        await using var own = Database.CurrentTransaction is null ? await Database.BeginTransactionAsync(cancellationToken) : null;
        // Nothing is taken as saved before the trail has it too.
        int saved = await base.SaveChangesAsync(acceptAllChangesOnSuccess: false, cancellationToken);
        await Trail.AppendAsync(this, [.. told, .. changes.Select(c => c.Draft(Why))], cancellationToken);
        if (own is not null) await own.CommitAsync(cancellationToken);
        if (acceptAllChangesOnSuccess) ChangeTracker.AcceptAllChanges();
        told.Clear();
        Why = null;
        return saved;
    }

    public override int SaveChanges(bool acceptAllChangesOnSuccess) => throw new NotSupportedException("Use SaveChangesAsync, which enters the changes in the audit trail.");

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<DateTime>().HaveConversion<UtcConverter>();
        configurationBuilder.Properties<IReadOnlyList<string>>().HaveConversion<TextListConverter, TextListComparer>();
        configurationBuilder.Properties<IReadOnlyList<SessionRegion>>().HaveConversion<RegionListConverter, RegionListComparer>();
        configurationBuilder.Properties<IReadOnlyList<MappedColumn>>().HaveConversion<JsonListConverter<MappedColumn>, JsonListComparer<MappedColumn>>();
        configurationBuilder.Properties<IReadOnlyList<DepthLimit>>().HaveConversion<JsonListConverter<DepthLimit>, JsonListComparer<DepthLimit>>();
        configurationBuilder.Properties<IReadOnlyList<VerifiedDuty>>().HaveConversion<JsonListConverter<VerifiedDuty>, JsonListComparer<VerifiedDuty>>();
        configurationBuilder.Properties<IReadOnlyList<Role>>().HaveConversion<RoleListConverter, RoleListComparer>();
    }

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        bool sqlite = Database.IsSqlite();
        builder.HasDbFunction(typeof(SafetyAuditDb).GetMethod(nameof(SecondsBetween))!).HasTranslation(instants => new SqlBinaryExpression(System.Linq.Expressions.ExpressionType.Subtract, Epoch(instants[1]), Epoch(instants[0]), typeof(double), DoubleTypeMapping.Default));

        SqlExpression Epoch(SqlExpression instant) => sqlite ? Function("unixepoch", instant, Word("subsec")) : Function("date_part", Word("epoch"), instant);
        static SqlExpression Function(string name, params SqlExpression[] of) => new SqlFunctionExpression(name, of, nullable: true, [.. of.Select(_ => true)], typeof(double), DoubleTypeMapping.Default);
        static SqlExpression Word(string word) => new SqlConstantExpression(word, StringTypeMapping.Default);

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

        builder.Entity<BaselineChoice>(choice =>
        {
            choice.HasIndex(c => c.MeasureCode).IsUnique().HasFilter("answered_at_utc IS NULL").HasDatabaseName("ix_baseline_choices_one_waiting");
            choice.HasOne<Baseline>().WithMany().HasForeignKey(c => c.BaselineId).OnDelete(DeleteBehavior.Restrict);
        });

        Record<Session>(builder, s => new { s.SessionId, s.ClinicId, s.Version });
        builder.Entity<Session>(session =>
        {
            session.HasIndex(s => new { s.ClinicId, s.PractitionerId, s.Date });
            // A patient's session before another is found from there backwards. A clinic's patients lie together, since their sessions come and are counted together.
            session.HasIndex(s => new { s.ClinicId, s.PatientId, s.StartedAtUtc });
            session.HasIndex(s => new { s.ClinicId, s.Date });
            session.HasOne<Clinic>().WithMany().HasForeignKey(s => s.ClinicId).OnDelete(DeleteBehavior.Restrict);
        });
        Record<AdverseEvent>(builder, e => new { e.EventId, e.Version, e.ClinicId });
        builder.Entity<AdverseEvent>(adverseEvent =>
        {
            // The clinic first, so that what is read of one lies together, whatever its sessions are called.
            adverseEvent.HasIndex(e => new { e.LinkedClinicId, e.LinkedSessionId });
            adverseEvent.HasIndex(e => e.PatientId);
            adverseEvent.HasIndex(e => new { e.LinkedClinicId, e.OnsetAtUtc });
            adverseEvent.HasIndex(e => e.UploadId, "ix_adverse_events_waiting").HasFilter("linked_session_id IS NULL AND link_method IS NULL AND superseded_at_utc IS NULL");
            adverseEvent.Ignore(e => e.IsFoundByAsking);
        });
        builder.Entity<LinkDecision>().HasIndex(d => new { d.EventId, d.EventClinicId, d.EventVersion }).IsUnique().HasFilter("taken_back_at_utc IS NULL").HasDatabaseName("ix_link_decisions_one_in_force");
        Record<Practitioner>(builder, p => new { p.PractitionerId, p.Version });
        builder.Entity<Practitioner>().HasIndex(p => p.ClinicId);
        Record<PatientRisk>(builder, p => new { p.PatientId, p.ValidFrom, p.ClinicId, p.Version });
        Record<FollowUp>(builder, f => new { f.FollowUpId, f.Version, f.ClinicId });
        builder.Entity<FollowUp>(followUp =>
        {
            followUp.HasIndex(f => new { f.SessionId, f.LinkedClinicId });
            followUp.HasIndex(f => f.UploadId, "ix_follow_ups_waiting").HasFilter("linked_clinic_id IS NULL AND superseded_at_utc IS NULL");
        });

        builder.Entity<Upload>(upload =>
        {
            upload.HasIndex(u => u.Status);
            upload.HasOne<ColumnMapping>().WithMany().HasForeignKey(u => u.MappingId).OnDelete(DeleteBehavior.Restrict);
        });
        builder.Entity<ColumnMapping>().HasIndex(m => m.HeaderDigest);
        builder.Entity<Delivery>().HasIndex(d => new { d.Sender, d.NameHash }).IsUnique();
        builder.Entity<ReportLink>().HasIndex(l => l.SecretHash).IsUnique();
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

        builder.Entity<DailyExposure>(day =>
        {
            day.HasKey(d => new { d.ClinicId, d.PractitionerId, d.Date });
            // A clinic's first and last day, and where somebody was and what they did there, without going through all days. Sessions and reached stand in it, so that the list of clinics reads the last weeks of each from the index alone.
            day.HasIndex(d => new { d.ClinicId, d.Date, d.Sessions, d.Reached });
            day.HasIndex(d => new { d.PractitionerId, d.Date, d.ClinicId });
        });
        builder.Entity<DailyObserved>().HasKey(d => new { d.ClinicId, d.PractitionerId, d.Date, d.Measure });
        builder.Entity<DailyAdherence>().HasKey(d => new { d.ClinicId, d.PractitionerId, d.Date });
        builder.Entity<DailyQuality>().HasKey(d => new { d.ClinicId, d.PractitionerId, d.Date });
        builder.Entity<StaleDay>().HasIndex(d => new { d.ClinicId, d.PractitionerId, d.Date });

        builder.Entity<ClinicProtocol>(protocol =>
        {
            protocol.HasIndex(p => new { p.ClinicId, p.EffectiveFrom });
            protocol.HasOne<Clinic>().WithMany().HasForeignKey(p => p.ClinicId).OnDelete(DeleteBehavior.Restrict);
        });
        builder.Entity<EventStep>().HasIndex(s => new { s.EventId, s.EventClinicId });
        builder.Entity<Alert>(alert =>
        {
            alert.Ignore(a => a.AsksForReview);
            alert.HasIndex(a => a.Key).IsUnique().HasFilter("status = 'open'").HasDatabaseName("ix_alerts_one_open");
            alert.HasIndex(a => new { a.Status, a.ClinicId });
            // What was looked into before is found by what it was about.
            alert.HasIndex(a => new { a.Key, a.Status });
        });
        builder.Entity<MonitoredPractitioner>().HasKey(m => new { m.ClinicId, m.PractitionerId });
        builder.Entity<Case>(review =>
        {
            review.HasIndex(c => c.AlertId).IsUnique();
            review.HasOne<Alert>().WithMany().HasForeignKey(c => c.AlertId).OnDelete(DeleteBehavior.Restrict);
        });
        builder.Entity<CaseEntry>(entry =>
        {
            entry.HasIndex(e => e.CaseId);
            entry.HasOne<Case>().WithMany().HasForeignKey(e => e.CaseId).OnDelete(DeleteBehavior.Restrict);
        });

        builder.Entity<PlannedUpTo>().HasKey(p => p.Receiver);
        builder.Entity<Notice>(notice =>
        {
            notice.HasIndex(n => n.Key).IsUnique();
            notice.Property(n => n.Attempts).IsConcurrencyToken();
            notice.HasIndex(n => new { n.State, n.NotBeforeUtc });
            notice.HasIndex(n => n.CaseId);
        });

        builder.Entity<Report>(report =>
        {
            report.Ignore(r => r.Question);
            // Each period of a schedule once.
            report.HasIndex(r => new { r.ScheduleId, r.Period }).IsUnique();
        });
        builder.Entity<KeptReportFile>(file =>
        {
            file.HasKey(f => new { f.ReportId, f.Name });
            file.HasOne<Report>().WithMany().HasForeignKey(f => f.ReportId).OnDelete(DeleteBehavior.Restrict);
        });

        // Identity maps passkeys only where its settings are at hand; the tables must not depend on who opens the database.
        builder.Entity<IdentityUserPasskey<string>>(passkey =>
        {
            passkey.ToTable("AspNetUserPasskeys").HasKey(p => p.CredentialId);
            passkey.Property(p => p.CredentialId).HasMaxLength(1024);
            passkey.HasOne<User>().WithMany().HasForeignKey(p => p.UserId).IsRequired();
            passkey.OwnsOne(p => p.Data).ToJson();
        });
        builder.Entity<SavedView>(view =>
        {
            view.HasIndex(v => new { v.UserId, v.Name }).IsUnique();
            view.HasOne<User>().WithMany().HasForeignKey(v => v.UserId).OnDelete(DeleteBehavior.Cascade);
        });
        builder.Entity<SignIn>(signIn =>
        {
            signIn.HasIndex(s => s.UserId);
            signIn.HasOne<User>().WithMany().HasForeignKey(s => s.UserId).OnDelete(DeleteBehavior.Cascade);
        });

        builder.Entity<AuditEntry>(entry =>
        {
            entry.HasKey(e => e.Sequence);
            entry.Property(e => e.Sequence).ValueGeneratedNever();
            entry.Ignore(e => e.At);
            entry.HasIndex(e => new { e.Subject, e.Sequence });
        });
        builder.Entity<MovedReads>().HasKey(m => m.Name);
        builder.Entity<User>().Ignore(u => u.Scope);
        builder.Entity<ApiKey>().HasIndex(k => k.SecretHash).IsUnique();

        Restrict(builder);
        foreach (var entity in builder.Model.GetEntityTypes()) Spell(entity);
    }

    /// <summary>Seconds from one instant to another, as the database tells them: in queries only. Empty where either is.</summary>
    public static double? SecondsBetween(DateTime? from, DateTime? to) => throw new NotSupportedException("In queries only.");

    /// <summary>A clinic's time zone; UTC for one of which nothing is known yet.</summary>
    public async Task<TimeZoneInfo> ZoneOfAsync(string clinicId, CancellationToken ct) =>
        await Clinics.Where(c => c.Id == clinicId).Select(c => c.TimeZone).SingleOrDefaultAsync(ct) is { } zone ? TimeZoneInfo.FindSystemTimeZoneById(zone) : TimeZoneInfo.Utc;

    /// <summary>Names of the filters that keep a context within its actor's scope.</summary>
    public const string ClinicScope = "clinic", OwnScope = "own", UploadScope = "upload", ReaderScope = "reader";

    /// <summary>From now on reads as if whoever asks reached these clinics alone: a page about one costs what it costs a reader of one, whatever else there is. Never widens.</summary>
    public void Narrow(params string[] clinics) => Actor = Actor with { Scope = Actor.Scope with { Clinics = [.. clinics.Where(Actor.Scope.HasClinic)] } };

    bool AllClinics => Actor.Scope.Clinics is null;
    string[] ScopeClinics => Actor.Scope.Clinics ?? [];
    string? Own => Actor.Scope.PractitionerId;
    string ActorName => Actor.Name;

    // Deny by default: whoever adds a kind of record adds its line here, and a test finds the one that is missing.
    void Restrict(ModelBuilder builder)
    {
        builder.Entity<Clinic>().HasQueryFilter(ClinicScope, c => AllClinics || ScopeClinics.Contains(c.Id))
            .HasQueryFilter(OwnScope, c => Own == null || Sessions.Any(s => s.ClinicId == c.Id && s.PractitionerId == Own && s.SupersededAtUtc == null));
        builder.Entity<Session>().HasQueryFilter(ClinicScope, s => AllClinics || ScopeClinics.Contains(s.ClinicId))
            .HasQueryFilter(OwnScope, s => Own == null || s.PractitionerId == Own);
        builder.Entity<AdverseEvent>().HasQueryFilter(ClinicScope, e => AllClinics || ScopeClinics.Contains(e.LinkedClinicId ?? e.ClinicId ?? ""))
            .HasQueryFilter(OwnScope, e => Own == null || Sessions.Any(s => s.SessionId == e.LinkedSessionId && s.ClinicId == e.LinkedClinicId && s.SupersededAtUtc == null && s.PractitionerId == Own));
        builder.Entity<Practitioner>().HasQueryFilter(ClinicScope, p => AllClinics || ScopeClinics.Contains(p.ClinicId ?? ""))
            .HasQueryFilter(OwnScope, p => Own == null || p.PractitionerId == Own);
        builder.Entity<LinkDecision>().HasQueryFilter(ClinicScope, d => Own == null && (AllClinics || ScopeClinics.Contains(d.ClinicId ?? "")));
        builder.Entity<FollowUp>().HasQueryFilter(ClinicScope, f => AllClinics || ScopeClinics.Contains(f.LinkedClinicId ?? f.ClinicId ?? ""))
            .HasQueryFilter(OwnScope, f => Own == null || Sessions.Any(s => s.SessionId == f.SessionId && s.ClinicId == f.LinkedClinicId && s.SupersededAtUtc == null && s.PractitionerId == Own));
        builder.Entity<PatientRisk>().HasQueryFilter(ClinicScope, p => Own == null && (AllClinics || ScopeClinics.Contains(p.ClinicId)));
        // A file for several clinics is the concern of those who reach all.
        builder.Entity<Upload>().HasQueryFilter(UploadScope, u => Own == null && (AllClinics || ScopeClinics.Contains(u.ClinicId ?? "")));
        builder.Entity<ColumnMapping>().HasQueryFilter(ClinicScope, m => Own == null && (AllClinics || m.ClinicId == null || ScopeClinics.Contains(m.ClinicId)));
        builder.Entity<Delivery>().HasQueryFilter(ClinicScope, d => AllClinics || ScopeClinics.Contains(d.ClinicId ?? ""));
        builder.Entity<ReportLink>().HasQueryFilter(ClinicScope, l => Own == null && (AllClinics || ScopeClinics.Contains(l.ClinicId)));
        builder.Entity<QuarantinedRow>().HasQueryFilter(ClinicScope, q => Own == null && (AllClinics || ScopeClinics.Contains(q.ClinicId ?? "")));
        // By way of the clinics, so that whoever reaches one goes to its days by their key: behind an OR, SQLite would go through the days of all clinics.
        builder.Entity<DailyExposure>().HasQueryFilter(ClinicScope, d => Clinics.Where(c => AllClinics || ScopeClinics.Contains(c.Id)).Select(c => c.Id).Contains(d.ClinicId)).HasQueryFilter(OwnScope, d => Own == null || d.PractitionerId == Own);
        builder.Entity<DailyObserved>().HasQueryFilter(ClinicScope, d => Clinics.Where(c => AllClinics || ScopeClinics.Contains(c.Id)).Select(c => c.Id).Contains(d.ClinicId)).HasQueryFilter(OwnScope, d => Own == null || d.PractitionerId == Own);
        builder.Entity<DailyAdherence>().HasQueryFilter(ClinicScope, d => Clinics.Where(c => AllClinics || ScopeClinics.Contains(c.Id)).Select(c => c.Id).Contains(d.ClinicId)).HasQueryFilter(OwnScope, d => Own == null || d.PractitionerId == Own);
        builder.Entity<DailyQuality>().HasQueryFilter(ClinicScope, d => Clinics.Where(c => AllClinics || ScopeClinics.Contains(c.Id)).Select(c => c.Id).Contains(d.ClinicId)).HasQueryFilter(OwnScope, d => Own == null || d.PractitionerId == Own);
        builder.Entity<StaleDay>().HasQueryFilter(ClinicScope, d => AllClinics || ScopeClinics.Contains(d.ClinicId));
        builder.Entity<StaleClinic>().HasQueryFilter(ClinicScope, c => AllClinics || ScopeClinics.Contains(c.ClinicId));
        builder.Entity<ClinicProtocol>().HasQueryFilter(ClinicScope, p => AllClinics || ScopeClinics.Contains(p.ClinicId));
        builder.Entity<EventStep>().HasQueryFilter(ClinicScope, s => AllClinics || ScopeClinics.Contains(s.ClinicId))
            .HasQueryFilter(OwnScope, s => Own == null || AdverseEvents.Any(e => e.EventId == s.EventId && (e.ClinicId ?? "") == s.EventClinicId));
        builder.Entity<Alert>().HasQueryFilter(ClinicScope, a => AllClinics || ScopeClinics.Contains(a.ClinicId)).HasQueryFilter(OwnScope, a => Own == null || a.PractitionerId == Own);
        builder.Entity<MonitoredPractitioner>().HasQueryFilter(ClinicScope, m => AllClinics || ScopeClinics.Contains(m.ClinicId)).HasQueryFilter(OwnScope, m => Own == null || m.PractitionerId == Own);
        // The practitioner whom it is about sees a case once they are asked, and of what was said in it their own answers.
        builder.Entity<Case>().HasQueryFilter(ClinicScope, c => AllClinics || ScopeClinics.Contains(c.ClinicId)).HasQueryFilter(OwnScope, c => Own == null || c.PractitionerId == Own && c.AskedAtUtc != null);
        builder.Entity<CaseEntry>().HasQueryFilter(ClinicScope, e => AllClinics || ScopeClinics.Contains(e.ClinicId)).HasQueryFilter(OwnScope, e => Own == null || e.PractitionerId == Own && e.Kind == CaseEntryKind.Reply);
        // What is about several clinics is the concern of those who reach all.
        builder.Entity<Notice>().HasQueryFilter(ClinicScope, n => Own == null && (AllClinics || ScopeClinics.Contains(n.ClinicId ?? "")));
        builder.Entity<Report>().HasQueryFilter(ClinicScope, r => Own == null && (AllClinics || ScopeClinics.Contains(r.ClinicId ?? "")));
        builder.Entity<ReportSchedule>().HasQueryFilter(ClinicScope, s => Own == null && (AllClinics || ScopeClinics.Contains(s.ClinicId ?? "")));
        builder.Entity<KeptReportFile>().HasQueryFilter(ClinicScope, f => Own == null && (AllClinics || ScopeClinics.Contains(f.ClinicId ?? "")));
        builder.Entity<Webhook>().HasQueryFilter(ClinicScope, w => Own == null && (AllClinics || ScopeClinics.Contains(w.ClinicId ?? "")));
        builder.Entity<SavedView>().HasQueryFilter(ReaderScope, v => Users.Any(u => u.Id == v.UserId && u.UserName == ActorName));
        builder.Entity<ApiKey>().HasQueryFilter(ClinicScope, k => AllClinics || ScopeClinics.Contains(k.ClinicId));
        builder.Entity<AuditEntry>().HasQueryFilter(ClinicScope, e => AllClinics || ScopeClinics.Contains(e.ClinicId ?? ""));
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
        if (entity.IsMappedToJson())
        {
            // One column of its owner's table; the names inside it are spelt like columns.
            entity.SetContainerColumnName(Codes.SnakeCase(entity.GetContainerColumnName()!));
            foreach (var property in entity.GetProperties().Where(p => !p.IsKey())) property.SetJsonPropertyName(Codes.SnakeCase(property.Name));
            return;
        }
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
