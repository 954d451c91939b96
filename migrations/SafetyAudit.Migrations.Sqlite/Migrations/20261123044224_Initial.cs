using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafetyAudit.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "alerts",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    rule = table.Column<string>(type: "TEXT", nullable: false),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    practitioner_id = table.Column<string>(type: "TEXT", nullable: true),
                    measure = table.Column<string>(type: "TEXT", nullable: true),
                    key = table.Column<string>(type: "TEXT", nullable: false),
                    reason = table.Column<string>(type: "TEXT", nullable: false),
                    from = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    to = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    observed = table.Column<long>(type: "INTEGER", nullable: true),
                    expected = table.Column<double>(type: "REAL", nullable: true),
                    baseline = table.Column<string>(type: "TEXT", nullable: true),
                    status = table.Column<string>(type: "TEXT", nullable: false),
                    raised_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    evaluated_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_alerts", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "api_keys",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    secret_hash = table.Column<string>(type: "TEXT", nullable: false),
                    made_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revoked_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_keys", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "asp_net_users",
                columns: table => new
                {
                    id = table.Column<string>(type: "TEXT", nullable: false),
                    roles = table.Column<string>(type: "TEXT", nullable: false),
                    clinic_ids = table.Column<string>(type: "TEXT", nullable: false),
                    practitioner_id = table.Column<string>(type: "TEXT", nullable: true),
                    disabled_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    code_secret = table.Column<string>(type: "TEXT", nullable: true),
                    last_code_step = table.Column<long>(type: "INTEGER", nullable: true),
                    recovery_codes = table.Column<string>(type: "TEXT", nullable: false),
                    user_name = table.Column<string>(type: "TEXT", maxLength: 256, nullable: true),
                    normalized_user_name = table.Column<string>(type: "TEXT", maxLength: 256, nullable: true),
                    email = table.Column<string>(type: "TEXT", maxLength: 256, nullable: true),
                    normalized_email = table.Column<string>(type: "TEXT", maxLength: 256, nullable: true),
                    email_confirmed = table.Column<bool>(type: "INTEGER", nullable: false),
                    password_hash = table.Column<string>(type: "TEXT", nullable: true),
                    security_stamp = table.Column<string>(type: "TEXT", nullable: true),
                    concurrency_stamp = table.Column<string>(type: "TEXT", nullable: true),
                    phone_number = table.Column<string>(type: "TEXT", nullable: true),
                    phone_number_confirmed = table.Column<bool>(type: "INTEGER", nullable: false),
                    two_factor_enabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    lockout_end = table.Column<DateTimeOffset>(type: "TEXT", nullable: true),
                    lockout_enabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    access_failed_count = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_asp_net_users", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "audit_entries",
                columns: table => new
                {
                    sequence = table.Column<long>(type: "INTEGER", nullable: false),
                    at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    actor = table.Column<string>(type: "TEXT", nullable: false),
                    origin = table.Column<string>(type: "TEXT", nullable: false),
                    action = table.Column<string>(type: "TEXT", nullable: false),
                    subject = table.Column<string>(type: "TEXT", nullable: false),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: true),
                    before = table.Column<string>(type: "TEXT", nullable: true),
                    after = table.Column<string>(type: "TEXT", nullable: true),
                    why = table.Column<string>(type: "TEXT", nullable: true),
                    key_number = table.Column<int>(type: "INTEGER", nullable: false),
                    previous_hash = table.Column<byte[]>(type: "BLOB", nullable: false),
                    hash = table.Column<byte[]>(type: "BLOB", nullable: false),
                    seal = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit_entries", x => x.sequence);
                });

            migrationBuilder.CreateTable(
                name: "clinics",
                columns: table => new
                {
                    id = table.Column<string>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    time_zone = table.Column<string>(type: "TEXT", nullable: false),
                    added_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_clinics", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "column_mappings",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: true),
                    header_digest = table.Column<string>(type: "TEXT", nullable: false),
                    dates = table.Column<string>(type: "TEXT", nullable: false),
                    columns = table.Column<string>(type: "TEXT", nullable: false),
                    added_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    added_by = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_column_mappings", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "daily_adherence",
                columns: table => new
                {
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    practitioner_id = table.Column<string>(type: "TEXT", nullable: false),
                    date = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    rule = table.Column<string>(type: "TEXT", nullable: false),
                    pass = table.Column<int>(type: "INTEGER", nullable: false),
                    fail = table.Column<int>(type: "INTEGER", nullable: false),
                    not_recorded = table.Column<int>(type: "INTEGER", nullable: false),
                    not_applicable = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_daily_adherence", x => new { x.clinic_id, x.practitioner_id, x.date, x.rule });
                });

            migrationBuilder.CreateTable(
                name: "daily_exposures",
                columns: table => new
                {
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    practitioner_id = table.Column<string>(type: "TEXT", nullable: false),
                    date = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    sessions = table.Column<int>(type: "INTEGER", nullable: false),
                    at_risk_sessions = table.Column<int>(type: "INTEGER", nullable: false),
                    followed_up = table.Column<int>(type: "INTEGER", nullable: false),
                    reached = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_daily_exposures", x => new { x.clinic_id, x.practitioner_id, x.date });
                });

            migrationBuilder.CreateTable(
                name: "daily_observed",
                columns: table => new
                {
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    practitioner_id = table.Column<string>(type: "TEXT", nullable: false),
                    date = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    measure = table.Column<string>(type: "TEXT", nullable: false),
                    observed = table.Column<int>(type: "INTEGER", nullable: false),
                    found_by_asking = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_daily_observed", x => new { x.clinic_id, x.practitioner_id, x.date, x.measure });
                });

            migrationBuilder.CreateTable(
                name: "deliveries",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    sender = table.Column<string>(type: "TEXT", nullable: false),
                    name_hash = table.Column<string>(type: "TEXT", nullable: false),
                    asked = table.Column<string>(type: "TEXT", nullable: false),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: true),
                    fingerprint = table.Column<string>(type: "TEXT", nullable: false),
                    upload_ids = table.Column<string>(type: "TEXT", nullable: false),
                    made_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    answer = table.Column<byte[]>(type: "BLOB", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_deliveries", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "keys_in_use",
                columns: table => new
                {
                    number = table.Column<int>(type: "INTEGER", nullable: false),
                    fingerprint = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_keys_in_use", x => x.number);
                });

            migrationBuilder.CreateTable(
                name: "link_decisions",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    event_id = table.Column<string>(type: "TEXT", nullable: false),
                    event_clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    event_version = table.Column<int>(type: "INTEGER", nullable: false),
                    named_session_id = table.Column<string>(type: "TEXT", nullable: false),
                    session_id = table.Column<string>(type: "TEXT", nullable: true),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: true),
                    reason = table.Column<string>(type: "TEXT", nullable: true),
                    decided_by = table.Column<string>(type: "TEXT", nullable: false),
                    decided_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    taken_back_by = table.Column<string>(type: "TEXT", nullable: true),
                    taken_back_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_link_decisions", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "measures",
                columns: table => new
                {
                    code = table.Column<string>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    group = table.Column<string>(type: "TEXT", nullable: false),
                    unit = table.Column<string>(type: "TEXT", nullable: false),
                    counts_events = table.Column<bool>(type: "INTEGER", nullable: false),
                    default_severity = table.Column<string>(type: "TEXT", nullable: false),
                    expected_resolution_hours = table.Column<int>(type: "INTEGER", nullable: true),
                    prolonged_after_hours = table.Column<int>(type: "INTEGER", nullable: true),
                    attribution_days = table.Column<int>(type: "INTEGER", nullable: true),
                    is_sentinel = table.Column<bool>(type: "INTEGER", nullable: false),
                    order = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_measures", x => x.code);
                });

            migrationBuilder.CreateTable(
                name: "moved_reads",
                columns: table => new
                {
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    moved_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_moved_reads", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "report_links",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    secret_hash = table.Column<string>(type: "TEXT", nullable: false),
                    @sealed = table.Column<byte[]>(name: "sealed", type: "BLOB", nullable: false),
                    made_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    ended_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_report_links", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "stale_days",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    practitioner_id = table.Column<string>(type: "TEXT", nullable: false),
                    date = table.Column<DateOnly>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_stale_days", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "asp_net_user_claims",
                columns: table => new
                {
                    id = table.Column<int>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    user_id = table.Column<string>(type: "TEXT", nullable: false),
                    claim_type = table.Column<string>(type: "TEXT", nullable: true),
                    claim_value = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_asp_net_user_claims", x => x.id);
                    table.ForeignKey(
                        name: "fk_asp_net_user_claims_asp_net_users_user_id",
                        column: x => x.user_id,
                        principalTable: "asp_net_users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "asp_net_user_logins",
                columns: table => new
                {
                    login_provider = table.Column<string>(type: "TEXT", nullable: false),
                    provider_key = table.Column<string>(type: "TEXT", nullable: false),
                    provider_display_name = table.Column<string>(type: "TEXT", nullable: true),
                    user_id = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_asp_net_user_logins", x => new { x.login_provider, x.provider_key });
                    table.ForeignKey(
                        name: "fk_asp_net_user_logins_asp_net_users_user_id",
                        column: x => x.user_id,
                        principalTable: "asp_net_users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "asp_net_user_passkeys",
                columns: table => new
                {
                    credential_id = table.Column<byte[]>(type: "BLOB", maxLength: 1024, nullable: false),
                    user_id = table.Column<string>(type: "TEXT", nullable: false),
                    data = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_asp_net_user_passkeys", x => x.credential_id);
                    table.ForeignKey(
                        name: "fk_asp_net_user_passkeys_asp_net_users_user_id",
                        column: x => x.user_id,
                        principalTable: "asp_net_users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "asp_net_user_tokens",
                columns: table => new
                {
                    user_id = table.Column<string>(type: "TEXT", nullable: false),
                    login_provider = table.Column<string>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    value = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_asp_net_user_tokens", x => new { x.user_id, x.login_provider, x.name });
                    table.ForeignKey(
                        name: "fk_asp_net_user_tokens_asp_net_users_user_id",
                        column: x => x.user_id,
                        principalTable: "asp_net_users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "sign_ins",
                columns: table => new
                {
                    id = table.Column<string>(type: "TEXT", nullable: false),
                    user_id = table.Column<string>(type: "TEXT", nullable: false),
                    method = table.Column<string>(type: "TEXT", nullable: false),
                    started_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    last_seen_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    expires_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    address = table.Column<string>(type: "TEXT", nullable: false),
                    browser = table.Column<string>(type: "TEXT", nullable: false),
                    ended_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    ended_because = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sign_ins", x => x.id);
                    table.ForeignKey(
                        name: "fk_sign_ins_asp_net_users_user_id",
                        column: x => x.user_id,
                        principalTable: "asp_net_users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "uploads",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    file_name = table.Column<string>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    mapping_id = table.Column<long>(type: "INTEGER", nullable: true),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: true),
                    fingerprint = table.Column<string>(type: "TEXT", nullable: false),
                    bytes = table.Column<long>(type: "INTEGER", nullable: false),
                    received_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    received_by = table.Column<string>(type: "TEXT", nullable: false),
                    purpose = table.Column<string>(type: "TEXT", nullable: false),
                    why = table.Column<string>(type: "TEXT", nullable: true),
                    corrects_version = table.Column<int>(type: "INTEGER", nullable: true),
                    all_or_nothing = table.Column<bool>(type: "INTEGER", nullable: false),
                    taken_back_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    taken_back_by = table.Column<string>(type: "TEXT", nullable: true),
                    taken_back_why = table.Column<string>(type: "TEXT", nullable: true),
                    status = table.Column<string>(type: "TEXT", nullable: false),
                    completed_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    failure = table.Column<string>(type: "TEXT", nullable: true),
                    unknown_columns = table.Column<string>(type: "TEXT", nullable: false),
                    rows_read = table.Column<long>(type: "INTEGER", nullable: false),
                    bytes_read = table.Column<long>(type: "INTEGER", nullable: false),
                    started_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    rows_new = table.Column<long>(type: "INTEGER", nullable: false),
                    rows_same = table.Column<long>(type: "INTEGER", nullable: false),
                    rows_changed = table.Column<long>(type: "INTEGER", nullable: false),
                    rows_rejected = table.Column<long>(type: "INTEGER", nullable: false),
                    epoch = table.Column<int>(type: "INTEGER", nullable: false),
                    claimed_until_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    attempts = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_uploads", x => x.id);
                    table.ForeignKey(
                        name: "fk_uploads_column_mappings_mapping_id",
                        column: x => x.mapping_id,
                        principalTable: "column_mappings",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "baselines",
                columns: table => new
                {
                    id = table.Column<string>(type: "TEXT", nullable: false),
                    measure_code = table.Column<string>(type: "TEXT", nullable: false),
                    is_default = table.Column<bool>(type: "INTEGER", nullable: false),
                    events = table.Column<double>(type: "REAL", nullable: true),
                    denominator = table.Column<double>(type: "REAL", nullable: true),
                    rate_per_1000 = table.Column<double>(type: "REAL", nullable: true),
                    unit = table.Column<string>(type: "TEXT", nullable: false),
                    ascertainment = table.Column<string>(type: "TEXT", nullable: false),
                    cioms_band = table.Column<string>(type: "TEXT", nullable: false),
                    source = table.Column<string>(type: "TEXT", nullable: false),
                    doi = table.Column<string>(type: "TEXT", nullable: true),
                    confidence = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_baselines", x => x.id);
                    table.ForeignKey(
                        name: "fk_baselines_measures_measure_code",
                        column: x => x.measure_code,
                        principalTable: "measures",
                        principalColumn: "code",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "adverse_events",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    event_id = table.Column<string>(type: "TEXT", nullable: false),
                    patient_id = table.Column<string>(type: "TEXT", nullable: false),
                    category = table.Column<string>(type: "TEXT", nullable: false),
                    onset_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    recorded_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    detected_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    session_id = table.Column<string>(type: "TEXT", nullable: true),
                    practitioner_id = table.Column<string>(type: "TEXT", nullable: true),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: true),
                    severity = table.Column<string>(type: "TEXT", nullable: true),
                    ctcae_grade = table.Column<int>(type: "INTEGER", nullable: true),
                    seriousness = table.Column<string>(type: "TEXT", nullable: true),
                    causality = table.Column<string>(type: "TEXT", nullable: true),
                    outcome = table.Column<string>(type: "TEXT", nullable: true),
                    resolved_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    medical_attention = table.Column<string>(type: "TEXT", nullable: true),
                    action_taken = table.Column<string>(type: "TEXT", nullable: true),
                    reporter_role = table.Column<string>(type: "TEXT", nullable: true),
                    report_channel = table.Column<string>(type: "TEXT", nullable: true),
                    body_region = table.Column<string>(type: "TEXT", nullable: true),
                    narrative = table.Column<string>(type: "TEXT", nullable: true),
                    linked_clinic_id = table.Column<string>(type: "TEXT", nullable: true),
                    linked_session_id = table.Column<string>(type: "TEXT", nullable: true),
                    link_method = table.Column<string>(type: "TEXT", nullable: true),
                    upload_id = table.Column<long>(type: "INTEGER", nullable: false),
                    line = table.Column<long>(type: "INTEGER", nullable: false),
                    received_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    superseded_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    digest = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_adverse_events", x => x.id);
                    table.ForeignKey(
                        name: "fk_adverse_events_uploads_upload_id",
                        column: x => x.upload_id,
                        principalTable: "uploads",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "follow_ups",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    follow_up_id = table.Column<string>(type: "TEXT", nullable: false),
                    session_id = table.Column<string>(type: "TEXT", nullable: false),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: true),
                    due_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    attempted_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    mode = table.Column<string>(type: "TEXT", nullable: true),
                    outcome = table.Column<string>(type: "TEXT", nullable: true),
                    any_event = table.Column<bool>(type: "INTEGER", nullable: true),
                    linked_clinic_id = table.Column<string>(type: "TEXT", nullable: true),
                    upload_id = table.Column<long>(type: "INTEGER", nullable: false),
                    line = table.Column<long>(type: "INTEGER", nullable: false),
                    received_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    superseded_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    digest = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_follow_ups", x => x.id);
                    table.ForeignKey(
                        name: "fk_follow_ups_uploads_upload_id",
                        column: x => x.upload_id,
                        principalTable: "uploads",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "patient_risks",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    patient_id = table.Column<string>(type: "TEXT", nullable: false),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    valid_from = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    birth_decade = table.Column<int>(type: "INTEGER", nullable: true),
                    sex = table.Column<string>(type: "TEXT", nullable: true),
                    bmi_band = table.Column<string>(type: "TEXT", nullable: true),
                    anticoagulant_class = table.Column<string>(type: "TEXT", nullable: true),
                    bleeding_disorder = table.Column<bool>(type: "INTEGER", nullable: true),
                    metal_allergy = table.Column<bool>(type: "INTEGER", nullable: true),
                    needle_phobia = table.Column<bool>(type: "INTEGER", nullable: true),
                    prior_syncope = table.Column<bool>(type: "INTEGER", nullable: true),
                    thoracic_surgery = table.Column<bool>(type: "INTEGER", nullable: true),
                    lung_disease = table.Column<bool>(type: "INTEGER", nullable: true),
                    immunosuppressed = table.Column<bool>(type: "INTEGER", nullable: true),
                    diabetes = table.Column<bool>(type: "INTEGER", nullable: true),
                    implants = table.Column<bool>(type: "INTEGER", nullable: true),
                    upload_id = table.Column<long>(type: "INTEGER", nullable: false),
                    line = table.Column<long>(type: "INTEGER", nullable: false),
                    received_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    superseded_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    digest = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_patient_risks", x => x.id);
                    table.ForeignKey(
                        name: "fk_patient_risks_uploads_upload_id",
                        column: x => x.upload_id,
                        principalTable: "uploads",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "practitioners",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    practitioner_id = table.Column<string>(type: "TEXT", nullable: false),
                    display_name = table.Column<string>(type: "TEXT", nullable: true),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: true),
                    role = table.Column<string>(type: "TEXT", nullable: true),
                    licence_number = table.Column<string>(type: "TEXT", nullable: true),
                    licence_status = table.Column<string>(type: "TEXT", nullable: true),
                    licence_issued = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    licence_expires = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    jurisdiction = table.Column<string>(type: "TEXT", nullable: true),
                    years_licensed = table.Column<double>(type: "REAL", nullable: true),
                    training_hours = table.Column<double>(type: "REAL", nullable: true),
                    supervised_sessions = table.Column<int>(type: "INTEGER", nullable: true),
                    certified_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    thoracic_competency_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    permitted_muscles = table.Column<string>(type: "TEXT", nullable: true),
                    bbp_training_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    cpr_expires = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    upload_id = table.Column<long>(type: "INTEGER", nullable: false),
                    line = table.Column<long>(type: "INTEGER", nullable: false),
                    received_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    superseded_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    digest = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_practitioners", x => x.id);
                    table.ForeignKey(
                        name: "fk_practitioners_uploads_upload_id",
                        column: x => x.upload_id,
                        principalTable: "uploads",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "quarantined_rows",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    upload_id = table.Column<long>(type: "INTEGER", nullable: false),
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    line = table.Column<long>(type: "INTEGER", nullable: false),
                    record_id = table.Column<string>(type: "TEXT", nullable: true),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: true),
                    reason_codes = table.Column<string>(type: "TEXT", nullable: false),
                    @sealed = table.Column<byte[]>(name: "sealed", type: "BLOB", nullable: false),
                    text_digest = table.Column<byte[]>(type: "BLOB", nullable: false),
                    received_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    closed_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    closure = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_quarantined_rows", x => x.id);
                    table.ForeignKey(
                        name: "fk_quarantined_rows_uploads_upload_id",
                        column: x => x.upload_id,
                        principalTable: "uploads",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "sessions",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    session_id = table.Column<string>(type: "TEXT", nullable: false),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    practitioner_id = table.Column<string>(type: "TEXT", nullable: false),
                    patient_id = table.Column<string>(type: "TEXT", nullable: false),
                    started_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    date = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    ended_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    status = table.Column<string>(type: "TEXT", nullable: false),
                    first_needle_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    is_first_session = table.Column<bool>(type: "INTEGER", nullable: true),
                    performer_role = table.Column<string>(type: "TEXT", nullable: true),
                    supervisor_id = table.Column<string>(type: "TEXT", nullable: true),
                    plan_of_care_id = table.Column<string>(type: "TEXT", nullable: true),
                    position = table.Column<string>(type: "TEXT", nullable: true),
                    regions = table.Column<string>(type: "TEXT", nullable: false),
                    is_at_risk_thorax = table.Column<bool>(type: "INTEGER", nullable: false),
                    technique = table.Column<string>(type: "TEXT", nullable: true),
                    max_depth_mm = table.Column<double>(type: "REAL", nullable: true),
                    needle_gauge_mm = table.Column<double>(type: "REAL", nullable: true),
                    needle_length_mm = table.Column<double>(type: "REAL", nullable: true),
                    needle_type = table.Column<string>(type: "TEXT", nullable: true),
                    needle_material = table.Column<string>(type: "TEXT", nullable: true),
                    needle_single_use = table.Column<bool>(type: "INTEGER", nullable: true),
                    needle_sterile = table.Column<bool>(type: "INTEGER", nullable: true),
                    needle_lot = table.Column<string>(type: "TEXT", nullable: true),
                    needle_expiry = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    needles_opened = table.Column<int>(type: "INTEGER", nullable: true),
                    needles_inserted = table.Column<int>(type: "INTEGER", nullable: true),
                    needles_removed = table.Column<int>(type: "INTEGER", nullable: true),
                    needles_disposed = table.Column<int>(type: "INTEGER", nullable: true),
                    estim = table.Column<bool>(type: "INTEGER", nullable: true),
                    pacemaker_checked = table.Column<bool>(type: "INTEGER", nullable: true),
                    ultrasound_guided = table.Column<bool>(type: "INTEGER", nullable: true),
                    screening_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    screening_complete = table.Column<bool>(type: "INTEGER", nullable: true),
                    screen_flags = table.Column<string>(type: "TEXT", nullable: true),
                    anticoagulant_class = table.Column<string>(type: "TEXT", nullable: true),
                    bleeding_disorder = table.Column<bool>(type: "INTEGER", nullable: true),
                    metal_allergy = table.Column<bool>(type: "INTEGER", nullable: true),
                    needle_anxiety = table.Column<bool>(type: "INTEGER", nullable: true),
                    prior_syncope = table.Column<bool>(type: "INTEGER", nullable: true),
                    pregnancy_status = table.Column<string>(type: "TEXT", nullable: true),
                    risk_note = table.Column<string>(type: "TEXT", nullable: true),
                    hydration_checked = table.Column<bool>(type: "INTEGER", nullable: true),
                    consent_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    consent_form = table.Column<string>(type: "TEXT", nullable: true),
                    consent_risks = table.Column<string>(type: "TEXT", nullable: true),
                    hand_hygiene = table.Column<bool>(type: "INTEGER", nullable: true),
                    skin_status = table.Column<string>(type: "TEXT", nullable: true),
                    gloves = table.Column<bool>(type: "INTEGER", nullable: true),
                    bleeding_observed = table.Column<bool>(type: "INTEGER", nullable: true),
                    pressure_seconds = table.Column<int>(type: "INTEGER", nullable: true),
                    post_obs_minutes = table.Column<int>(type: "INTEGER", nullable: true),
                    aftercare_given = table.Column<bool>(type: "INTEGER", nullable: true),
                    red_flags_given = table.Column<bool>(type: "INTEGER", nullable: true),
                    signed_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    upload_id = table.Column<long>(type: "INTEGER", nullable: false),
                    line = table.Column<long>(type: "INTEGER", nullable: false),
                    received_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    superseded_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    digest = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sessions", x => x.id);
                    table.ForeignKey(
                        name: "fk_sessions_clinics_clinic_id",
                        column: x => x.clinic_id,
                        principalTable: "clinics",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_sessions_uploads_upload_id",
                        column: x => x.upload_id,
                        principalTable: "uploads",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "ix_adverse_events_event_id_version_clinic_id",
                table: "adverse_events",
                columns: new[] { "event_id", "version", "clinic_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_adverse_events_linked_session_id_linked_clinic_id",
                table: "adverse_events",
                columns: new[] { "linked_session_id", "linked_clinic_id" });

            migrationBuilder.CreateIndex(
                name: "ix_adverse_events_patient_id",
                table: "adverse_events",
                column: "patient_id");

            migrationBuilder.CreateIndex(
                name: "ix_adverse_events_upload_id",
                table: "adverse_events",
                column: "upload_id");

            migrationBuilder.CreateIndex(
                name: "ix_adverse_events_waiting",
                table: "adverse_events",
                column: "upload_id",
                filter: "linked_session_id IS NULL AND link_method IS NULL AND superseded_at_utc IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_alerts_one_open",
                table: "alerts",
                column: "key",
                unique: true,
                filter: "status = 'open'");

            migrationBuilder.CreateIndex(
                name: "ix_alerts_status_clinic_id",
                table: "alerts",
                columns: new[] { "status", "clinic_id" });

            migrationBuilder.CreateIndex(
                name: "ix_api_keys_secret_hash",
                table: "api_keys",
                column: "secret_hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_asp_net_user_claims_user_id",
                table: "asp_net_user_claims",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "ix_asp_net_user_logins_user_id",
                table: "asp_net_user_logins",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "ix_asp_net_user_passkeys_user_id",
                table: "asp_net_user_passkeys",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "email_index",
                table: "asp_net_users",
                column: "normalized_email");

            migrationBuilder.CreateIndex(
                name: "user_name_index",
                table: "asp_net_users",
                column: "normalized_user_name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_subject_sequence",
                table: "audit_entries",
                columns: new[] { "subject", "sequence" });

            migrationBuilder.CreateIndex(
                name: "ix_baselines_measure_code",
                table: "baselines",
                column: "measure_code");

            migrationBuilder.CreateIndex(
                name: "ix_column_mappings_header_digest",
                table: "column_mappings",
                column: "header_digest");

            migrationBuilder.CreateIndex(
                name: "ix_deliveries_sender_name_hash",
                table: "deliveries",
                columns: new[] { "sender", "name_hash" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_follow_up_id_version_clinic_id",
                table: "follow_ups",
                columns: new[] { "follow_up_id", "version", "clinic_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_session_id_linked_clinic_id",
                table: "follow_ups",
                columns: new[] { "session_id", "linked_clinic_id" });

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_upload_id",
                table: "follow_ups",
                column: "upload_id");

            migrationBuilder.CreateIndex(
                name: "ix_link_decisions_one_in_force",
                table: "link_decisions",
                columns: new[] { "event_id", "event_clinic_id", "event_version" },
                unique: true,
                filter: "taken_back_at_utc IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_patient_risks_patient_id_valid_from_clinic_id_version",
                table: "patient_risks",
                columns: new[] { "patient_id", "valid_from", "clinic_id", "version" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_patient_risks_upload_id",
                table: "patient_risks",
                column: "upload_id");

            migrationBuilder.CreateIndex(
                name: "ix_practitioners_practitioner_id_version",
                table: "practitioners",
                columns: new[] { "practitioner_id", "version" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_practitioners_upload_id",
                table: "practitioners",
                column: "upload_id");

            migrationBuilder.CreateIndex(
                name: "ix_quarantined_rows_open",
                table: "quarantined_rows",
                columns: new[] { "kind", "record_id" },
                filter: "closed_at_utc IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_quarantined_rows_upload_id_line",
                table: "quarantined_rows",
                columns: new[] { "upload_id", "line" });

            migrationBuilder.CreateIndex(
                name: "ix_report_links_secret_hash",
                table: "report_links",
                column: "secret_hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_sessions_clinic_id_practitioner_id_date",
                table: "sessions",
                columns: new[] { "clinic_id", "practitioner_id", "date" });

            migrationBuilder.CreateIndex(
                name: "ix_sessions_date",
                table: "sessions",
                column: "date");

            migrationBuilder.CreateIndex(
                name: "ix_sessions_patient_id",
                table: "sessions",
                column: "patient_id");

            migrationBuilder.CreateIndex(
                name: "ix_sessions_session_id_clinic_id_version",
                table: "sessions",
                columns: new[] { "session_id", "clinic_id", "version" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_sessions_upload_id",
                table: "sessions",
                column: "upload_id");

            migrationBuilder.CreateIndex(
                name: "ix_sign_ins_user_id",
                table: "sign_ins",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "ix_uploads_mapping_id",
                table: "uploads",
                column: "mapping_id");

            migrationBuilder.CreateIndex(
                name: "ix_uploads_status",
                table: "uploads",
                column: "status");

            // Entries are added at the end and never changed, whoever asks; INSERT OR REPLACE included.
            foreach (string change in new[] { "UPDATE", "DELETE" })
                migrationBuilder.Sql($"CREATE TRIGGER audit_entries_no_{change.ToLowerInvariant()} BEFORE {change} ON audit_entries BEGIN SELECT RAISE(ABORT, 'The audit trail is append-only.'); END");
            migrationBuilder.Sql("""
                CREATE TRIGGER audit_entries_in_order BEFORE INSERT ON audit_entries WHEN NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM audit_entries)
                BEGIN SELECT RAISE(ABORT, 'The audit trail is append-only.'); END
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "adverse_events");

            migrationBuilder.DropTable(
                name: "alerts");

            migrationBuilder.DropTable(
                name: "api_keys");

            migrationBuilder.DropTable(
                name: "asp_net_user_claims");

            migrationBuilder.DropTable(
                name: "asp_net_user_logins");

            migrationBuilder.DropTable(
                name: "asp_net_user_passkeys");

            migrationBuilder.DropTable(
                name: "asp_net_user_tokens");

            migrationBuilder.DropTable(
                name: "audit_entries");

            migrationBuilder.DropTable(
                name: "baselines");

            migrationBuilder.DropTable(
                name: "daily_adherence");

            migrationBuilder.DropTable(
                name: "daily_exposures");

            migrationBuilder.DropTable(
                name: "daily_observed");

            migrationBuilder.DropTable(
                name: "deliveries");

            migrationBuilder.DropTable(
                name: "follow_ups");

            migrationBuilder.DropTable(
                name: "keys_in_use");

            migrationBuilder.DropTable(
                name: "link_decisions");

            migrationBuilder.DropTable(
                name: "moved_reads");

            migrationBuilder.DropTable(
                name: "patient_risks");

            migrationBuilder.DropTable(
                name: "practitioners");

            migrationBuilder.DropTable(
                name: "quarantined_rows");

            migrationBuilder.DropTable(
                name: "report_links");

            migrationBuilder.DropTable(
                name: "sessions");

            migrationBuilder.DropTable(
                name: "sign_ins");

            migrationBuilder.DropTable(
                name: "stale_days");

            migrationBuilder.DropTable(
                name: "measures");

            migrationBuilder.DropTable(
                name: "clinics");

            migrationBuilder.DropTable(
                name: "uploads");

            migrationBuilder.DropTable(
                name: "asp_net_users");

            migrationBuilder.DropTable(
                name: "column_mappings");
        }
    }
}
