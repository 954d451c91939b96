using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafetyAudit.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class DailyQuality : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "daily_quality",
                columns: table => new
                {
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    practitioner_id = table.Column<string>(type: "TEXT", nullable: false),
                    date = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    asked = table.Column<int>(type: "INTEGER", nullable: false),
                    answered = table.Column<int>(type: "INTEGER", nullable: false),
                    awaited = table.Column<int>(type: "INTEGER", nullable: false),
                    in_time = table.Column<int>(type: "INTEGER", nullable: false),
                    repeated_sessions = table.Column<int>(type: "INTEGER", nullable: false),
                    events = table.Column<int>(type: "INTEGER", nullable: false),
                    events_named = table.Column<int>(type: "INTEGER", nullable: false),
                    event_details = table.Column<int>(type: "INTEGER", nullable: false),
                    events_timed = table.Column<int>(type: "INTEGER", nullable: false),
                    events_prompt = table.Column<int>(type: "INTEGER", nullable: false),
                    repeated_events = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_daily_quality", x => new { x.clinic_id, x.practitioner_id, x.date });
                });

            // Summaries are counted anew once, so that what is new among them holds of the days before it too.
            migrationBuilder.Sql("INSERT INTO stale_days (clinic_id, practitioner_id, date) SELECT clinic_id, practitioner_id, date FROM daily_exposures");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "daily_quality");
        }
    }
}
