using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Jobs;
using SafetyAudit.Uploads;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace SafetyAudit.Host.Api;

/// <summary>
/// <c>POST /api/v1/sessions</c> and its like: records as JSON whose members are the columns, kept as they arrive. A small batch is checked and stored before it is
/// answered, record by record; a larger one is answered with where to look.
/// </summary>
static class RecordsEndpoint
{
    /// <summary>Up to so many records and bytes are answered one by one.</summary>
    internal const int SmallRecords = 500, SmallBytes = 1024 * 1024;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The kinds of records that have a door: one line for each that has an intake.</summary>
    internal static readonly (string Path, RecordKind Kind)[] Doors =
    [
        ("/api/v1/sessions", RecordKind.Sessions),
        ("/api/v1/events", RecordKind.Events),
        ("/api/v1/follow-ups", RecordKind.FollowUps),
    ];

    public static void MapRecords(this IEndpointRouteBuilder app)
    {
        foreach (var (path, kind) in Doors)
            app.MapPost(path, (HttpContext context, SafetyAuditDb db, Received received, CancellationToken ct) => received.AnswerAsync(context, db, kind, ct))
                .WithMetadata(new NeedsAttribute(Permission.SendRecords), new DisableRequestSizeLimitAttribute()).WithName($"send {Codes.Of(kind)}");
    }

    /// <summary>What it takes to receive records and say what became of them.</summary>
    internal sealed class Received(
        ReceiveUpload receive, ProcessUploads process, UploadSettings settings, DatabaseSettings database, KeyRing keys, JobQueue jobs)
    {
        public async Task<IResult> AnswerAsync(HttpContext context, SafetyAuditDb db, RecordKind kind, CancellationToken ct)
        {
            var request = context.Request;
            if (ApiBody.Wrong(request, settings, "application/json", "application/ndjson", "application/x-ndjson") is var (status, words))
                return ApiAnswer.Problem(status, "The request can't be taken as it is put.", words);
            var (name, wrong) = IdempotencyKey.Of(context);
            if (wrong is not null) return wrong;
            Upload upload;
            try
            {
                string file = $"{Codes.Of(kind)}.{(ApiBody.IsLines(request) ? "ndjson" : "json")}";
                upload = (await receive.ReceiveAsync(request.Body, file, kind, db.Actor.Scope.Clinics?.FirstOrDefault(), db.Actor, ct, new(Form: FileForm.Json, Name: name)))[0];
            }
            catch (FileRefusedException refused)
            {
                return ApiAnswer.Problem(400, "The request can't be taken as it is put.", refused.Message);
            }
            catch (DeliveryDiffersException) { return IdempotencyKey.Differs; }
            return await IdempotencyKey.OnceAsync(db, name, keys, () => BecameAsync(db, upload, ct), ct);
        }

        async Task<ApiAnswer> BecameAsync(SafetyAuditDb db, Upload upload, CancellationToken ct)
        {
            bool isSmall = upload.Bytes <= SmallBytes && RowOutcomes.Count(upload, database, keys, SmallRecords) <= SmallRecords;
            bool isRead = isSmall && await process.ReadInTurnAsync(upload.Id, Patience, ct);
            await jobs.AskAsync(isRead ? Composition.Summarise : Composition.ReadUploads, ct);
            string location = $"/api/v1/uploads/{upload.Id}";
            if (!isRead) return ApiAnswer.Of(202, "application/json", new { UploadId = upload.Id, Kind = upload.Kind, Status = UploadStatus.Received }, location);
            upload = await db.Uploads.AsNoTracking().SingleAsync(u => u.Id == upload.Id, ct);
            if (upload.Status is UploadStatus.Cancelled or UploadStatus.Undone || upload.TakenBackAtUtc is not null)
                return ApiAnswer.Problem(409, "Nothing of it counts.", "Somebody took the upload back. If the records are right, send them again, under another Idempotency-Key.", ("upload_id", upload.Id));
            if (upload.Failure is { } failure) return ApiAnswer.Problem(422, "Nothing of it was taken.", failure, ("upload_id", upload.Id));
            var rows = (await RowOutcomes.OfAsync(db, upload, database, keys, ct)).ConvertAll(ItemOf);
            if (upload.RowsRejected == upload.RowsRead)
                return ApiAnswer.Problem(422, "None of the records was taken.", "Each is named with its reasons. Mend them and send them again.",
                    ("upload_id", upload.Id), ("not_used", upload.UnknownColumns), ("records", rows));
            return ApiAnswer.Of(201, "application/json", new
            {
                UploadId = upload.Id, Kind = upload.Kind, Status = upload.Status, Rows = upload.RowsRead, New = upload.RowsNew, Same = upload.RowsSame,
                Changed = upload.RowsChanged, Rejected = upload.RowsRejected, NotUsed = upload.UnknownColumns, Records = rows,
            }, location);
        }

        static Dictionary<string, object?> ItemOf(RowAnswer row)
        {
            var item = new Dictionary<string, object?> { ["item"] = row.Line, ["id"] = row.Id, ["outcome"] = row.Outcome };
            if (row.Reasons.Count > 0)
                item["errors"] = row.Reasons.Select(r => new Dictionary<string, object?> { ["reason"] = r.Code, ["member"] = r.Column, ["value"] = r.Value, ["expected"] = r.Remedy });
            return item;
        }
    }
}
