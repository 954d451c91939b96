using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafetyAudit.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Monitoring : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "found_nothing",
                table: "alerts",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<string>(
                name: "raised_arithmetic",
                table: "alerts",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "raised_expected",
                table: "alerts",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<DateOnly>(
                name: "raised_from",
                table: "alerts",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<DateOnly>(
                name: "raised_month",
                table: "alerts",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "raised_observed",
                table: "alerts",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<DateOnly>(
                name: "raised_to",
                table: "alerts",
                type: "TEXT",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "monitored_practitioners",
                columns: table => new
                {
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    practitioner_id = table.Column<string>(type: "TEXT", nullable: false),
                    years = table.Column<double>(type: "REAL", nullable: false),
                    expected_red = table.Column<double>(type: "REAL", nullable: false),
                    expected_amber = table.Column<double>(type: "REAL", nullable: false),
                    evaluated_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_monitored_practitioners", x => new { x.clinic_id, x.practitioner_id });
                });

            migrationBuilder.CreateTable(
                name: "planned_up_to",
                columns: table => new
                {
                    receiver = table.Column<string>(type: "TEXT", nullable: false),
                    case_entry_id = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_planned_up_to", x => x.receiver);
                });

            migrationBuilder.CreateIndex(
                name: "ix_alerts_key_status",
                table: "alerts",
                columns: new[] { "key", "status" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "monitored_practitioners");

            migrationBuilder.DropTable(
                name: "planned_up_to");

            migrationBuilder.DropIndex(
                name: "ix_alerts_key_status",
                table: "alerts");

            migrationBuilder.DropColumn(
                name: "found_nothing",
                table: "alerts");

            migrationBuilder.DropColumn(
                name: "raised_arithmetic",
                table: "alerts");

            migrationBuilder.DropColumn(
                name: "raised_expected",
                table: "alerts");

            migrationBuilder.DropColumn(
                name: "raised_from",
                table: "alerts");

            migrationBuilder.DropColumn(
                name: "raised_month",
                table: "alerts");

            migrationBuilder.DropColumn(
                name: "raised_observed",
                table: "alerts");

            migrationBuilder.DropColumn(
                name: "raised_to",
                table: "alerts");
        }
    }
}
