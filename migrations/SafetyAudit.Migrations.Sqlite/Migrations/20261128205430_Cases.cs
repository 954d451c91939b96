using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafetyAudit.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Cases : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<double>(
                name: "false_alarms_per_year",
                table: "clinic_protocols",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "arithmetic",
                table: "alerts",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<DateTime>(
                name: "closed_at_utc",
                table: "alerts",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "closed_because",
                table: "alerts",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "closed_by",
                table: "alerts",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "level",
                table: "alerts",
                type: "TEXT",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<DateOnly>(
                name: "reviewed_to",
                table: "alerts",
                type: "TEXT",
                nullable: true);

            // What an alert that is there already asks for follows from its rule.
            migrationBuilder.Sql("""
                UPDATE alerts SET level = CASE
                    WHEN rule = 'sentinel_event' THEN 'sentinel'
                    WHEN rule IN ('more_than_peers', 'protocol_failed') THEN 'red'
                    WHEN rule IN ('fewer_than_peers', 'clinic_below_literature', 'protocol_not_recorded', 'completeness_falling') THEN 'blue'
                    ELSE 'amber' END
                """);

            migrationBuilder.CreateTable(
                name: "cases",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    alert_id = table.Column<long>(type: "INTEGER", nullable: false),
                    rule = table.Column<string>(type: "TEXT", nullable: false),
                    level = table.Column<string>(type: "TEXT", nullable: false),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    practitioner_id = table.Column<string>(type: "TEXT", nullable: true),
                    measure = table.Column<string>(type: "TEXT", nullable: true),
                    from = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    to = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    stage = table.Column<string>(type: "TEXT", nullable: false),
                    opened_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    opened_by = table.Column<string>(type: "TEXT", nullable: false),
                    owner = table.Column<string>(type: "TEXT", nullable: true),
                    due_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    asked_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    decision = table.Column<string>(type: "TEXT", nullable: true),
                    reasons = table.Column<string>(type: "TEXT", nullable: true),
                    actions = table.Column<string>(type: "TEXT", nullable: true),
                    decided_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    decided_by = table.Column<string>(type: "TEXT", nullable: true),
                    remeasure_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    feedback = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_cases", x => x.id);
                    table.ForeignKey(
                        name: "fk_cases_alerts_alert_id",
                        column: x => x.alert_id,
                        principalTable: "alerts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "case_entries",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    case_id = table.Column<long>(type: "INTEGER", nullable: false),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    practitioner_id = table.Column<string>(type: "TEXT", nullable: true),
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    stage = table.Column<string>(type: "TEXT", nullable: false),
                    check = table.Column<string>(type: "TEXT", nullable: true),
                    explains = table.Column<bool>(type: "INTEGER", nullable: true),
                    note = table.Column<string>(type: "TEXT", nullable: true),
                    figures = table.Column<string>(type: "TEXT", nullable: true),
                    at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    by = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_case_entries", x => x.id);
                    table.ForeignKey(
                        name: "fk_case_entries_cases_case_id",
                        column: x => x.case_id,
                        principalTable: "cases",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "ix_case_entries_case_id",
                table: "case_entries",
                column: "case_id");

            migrationBuilder.CreateIndex(
                name: "ix_cases_alert_id",
                table: "cases",
                column: "alert_id",
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "case_entries");

            migrationBuilder.DropTable(
                name: "cases");

            migrationBuilder.DropColumn(
                name: "false_alarms_per_year",
                table: "clinic_protocols");

            migrationBuilder.DropColumn(
                name: "arithmetic",
                table: "alerts");

            migrationBuilder.DropColumn(
                name: "closed_at_utc",
                table: "alerts");

            migrationBuilder.DropColumn(
                name: "closed_because",
                table: "alerts");

            migrationBuilder.DropColumn(
                name: "closed_by",
                table: "alerts");

            migrationBuilder.DropColumn(
                name: "level",
                table: "alerts");

            migrationBuilder.DropColumn(
                name: "reviewed_to",
                table: "alerts");
        }
    }
}
