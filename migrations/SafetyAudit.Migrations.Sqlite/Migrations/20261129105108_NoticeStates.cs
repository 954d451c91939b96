using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafetyAudit.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class NoticeStates : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTime>(
                name: "renewed_at_utc",
                table: "webhooks",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "sealed_before",
                table: "webhooks",
                type: "BLOB",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "case_entry_id",
                table: "notices",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<DateTime>(
                name: "begin_by_utc",
                table: "cases",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "decision",
                table: "case_entries",
                type: "TEXT",
                nullable: true);

            // Notices to programs that wait say from now on what happened by the entry that they are about.
            migrationBuilder.Sql("UPDATE notices SET case_entry_id = (SELECT MAX(e.id) FROM case_entries e WHERE e.case_id = notices.case_id AND e.kind = CASE notices.kind WHEN 'case_decided' THEN 'decided' ELSE 'opened' END) WHERE channel = 'webhook'");
            migrationBuilder.Sql("UPDATE case_entries SET decision = (SELECT c.decision FROM cases c WHERE c.id = case_entries.case_id) WHERE kind = 'decided' AND id IN (SELECT MAX(id) FROM case_entries WHERE kind = 'decided' GROUP BY case_id)");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "renewed_at_utc",
                table: "webhooks");

            migrationBuilder.DropColumn(
                name: "sealed_before",
                table: "webhooks");

            migrationBuilder.DropColumn(
                name: "case_entry_id",
                table: "notices");

            migrationBuilder.DropColumn(
                name: "begin_by_utc",
                table: "cases");

            migrationBuilder.DropColumn(
                name: "decision",
                table: "case_entries");
        }
    }
}
