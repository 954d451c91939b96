using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Jobs;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host.Api;

/// <summary>
/// <c>POST /api/v1/fhir</c>: a Bundle, a resource or NDJSON, kept as it arrives and read later; <c>GET /api/v1/uploads/{id}</c>: what became of it. Each row
/// is taken or not by itself, whatever the Bundle's type: a transaction that is undone for one bad row would keep a clinic's good records out.
/// </summary>
static class FhirEndpoint
{
    const string FhirJson = "application/fhir+json";
    const int MostRejected = 200;

    static readonly string[] MediaTypes = [FhirJson, "application/fhir+ndjson", "application/json", "application/ndjson", "application/x-ndjson"];

    public static void MapFhir(this IEndpointRouteBuilder app)
    {
        // The upload's own limit holds, as on the page.
        app.MapPost("/api/v1/fhir", ReceiveAsync).WithMetadata(new NeedsAttribute(Permission.SendRecords), new DisableRequestSizeLimitAttribute());
        app.MapGet("/api/v1/uploads/{id:long}", AnswerAsync).WithMetadata(new NeedsAttribute(Permission.SendRecords));
    }

    static async Task<IResult> ReceiveAsync(
        HttpContext context, SafetyAuditDb db, ReceiveUpload receive, UploadSettings settings, KeyRing keys, JobQueue jobs, CancellationToken ct)
    {
        var request = context.Request;
        if (ApiBody.Wrong(request, settings, MediaTypes) is var (status, words)) return Outcome(status, status == 413 ? "too-long" : "not-supported", words);
        var (name, wrong) = IdempotencyKey.Of(context);
        if (wrong is not null) return wrong;
        if (!await BeginsLikeJsonAsync(request.BodyReader, ct)) return Outcome(400, "structure",
            "It is no JSON. Send a Bundle, one resource, or one resource per line.");
        IReadOnlyList<Upload> uploads;
        try
        {
            string file = ApiBody.IsLines(request) ? "fhir.ndjson" : "fhir.json";
            uploads = await receive.ReceiveAsync(request.BodyReader.AsStream(), file, null, db.Actor.Scope.Clinics?.FirstOrDefault(), db.Actor, ct,
                new(Form: FileForm.Fhir, Name: name));
        }
        catch (FileRefusedException refused)
        {
            return Outcome(400, "structure", refused.Message);
        }
        catch (DeliveryDiffersException) { return IdempotencyKey.Differs; }
        await jobs.AskAsync(Composition.ReadUploads, ct);
        return await IdempotencyKey.OnceAsync(db, name, keys, () => Task.FromResult(Outcome(202, uploads.Select(upload => new
        {
            severity = "information",
            code = "informational",
            details = new { coding = new[] { new { system = "urn:safetyaudit:upload", code = $"{upload.Id}" } } },
            diagnostics = $"Received as upload {upload.Id} ({Codes.Of(upload.Kind)}). What became of it: GET /api/v1/uploads/{upload.Id}",
        }), $"/api/v1/uploads/{uploads[0].Id}")), ct);
    }

    static async Task<IResult> AnswerAsync(long id, SafetyAuditDb db, KeyRing keys, CancellationToken ct)
    {
        if (await db.Uploads.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, ct) is not { } upload) return Outcome(404, "not-found",
            "There is no such upload.");
        var rejected = await db.QuarantinedRows.AsNoTracking().Where(q => q.UploadId == id).OrderBy(q => q.Line).Take(MostRejected).ToListAsync(ct);
        var issues = rejected.SelectMany(row => row.Unseal(keys).Reasons.Select(reason => Issue("error", CodeOf(reason.Code),
            $"line {row.Line}: {reason.Remedy}", reason))).ToList();
        if (upload.RowsRejected > rejected.Count) issues.Add(Issue("information", "informational",
            $"{upload.RowsRejected - rejected.Count} more rows were rejected; the Uploads page lists them all.", null));
        if (upload.Failure is { } failure) issues.Insert(0, Issue("fatal", "processing", failure, null));
        string? stands = upload.Status switch
        {
            UploadStatus.Cancelled => "It was cancelled; nothing of it counts.",
            UploadStatus.Undone => "It was undone; nothing of it counts any more.",
            _ when issues.Count > 0 => null,
            UploadStatus.Completed => "All rows are in.",
            _ => "It is still being read; look again.",
        };
        if (stands is not null) issues.Add(Issue("information", "informational", stands, null));
        return Results.Text(JsonSerializer.Serialize(new Dictionary<string, object?>
        {
            ["id"] = upload.Id, ["kind"] = Codes.Of(upload.Kind), ["file"] = upload.FileName, ["fingerprint"] = upload.Fingerprint,
                ["received_at"] = upload.ReceivedAtUtc,
            ["status"] = Codes.Of(upload.Status), ["completed_at"] = upload.CompletedAtUtc, ["rows"] = upload.RowsRead, ["new"] = upload.RowsNew,
                ["same"] = upload.RowsSame,
            ["changed"] = upload.RowsChanged, ["rejected"] = upload.RowsRejected, ["not_used"] = upload.UnknownColumns, ["outcome"] = OutcomeOf(issues),
        }, Json.Options), "application/json");
    }

    static Dictionary<string, object> Issue(string severity, string code, string diagnostics, Reason? reason)
    {
        var issue = new Dictionary<string, object> { ["severity"] = severity, ["code"] = code, ["diagnostics"] = diagnostics };
        if (reason is not null) issue["details"] = new { coding = new[] { new { system = "urn:safetyaudit:reason", code = Codes.Of(reason.Code) } } };
        if (reason?.Column is { } path) issue["expression"] = new[] { path };
        return issue;
    }

    // HL7's issue types.
    static string CodeOf(ReasonCode reason) => reason switch
    {
        ReasonCode.MissingValue => "required",
        ReasonCode.CodeUnknown or ReasonCode.CategoryUnknown => "code-invalid",
        ReasonCode.ReferenceUnclear or ReasonCode.PractitionerUnknown or ReasonCode.ClinicUnknown => "not-found",
        ReasonCode.DuplicateId => "duplicate",
        ReasonCode.RowTooLong or ReasonCode.TextTooLong => "too-long",
        ReasonCode.NotJson or ReasonCode.NotUtf8 or ReasonCode.NotOneValue => "structure",
        ReasonCode.NotUnderstood => "extension",
        ReasonCode.NotDryNeedling or ReasonCode.NotActual => "not-supported",
        ReasonCode.ClinicMismatch or ReasonCode.PatientDiffers or ReasonCode.EndsBeforeStart or ReasonCode.OnsetBeforeSession => "business-rule",
        _ => "value",
    };

    static ApiAnswer Outcome(int status, string code, string diagnostics) => Outcome(status, [Issue("error", code, diagnostics, null)]);

    static ApiAnswer Outcome(int status, IEnumerable<object> issues, string? location = null) => ApiAnswer.Of(status, FhirJson, OutcomeOf(issues), location);

    static Dictionary<string, object> OutcomeOf(IEnumerable<object> issues) => new() { ["resourceType"] = "OperationOutcome", ["issue"] = issues.ToList() };

    // CSV has endpoints and a page of its own; here it is a mistake.
    static async Task<bool> BeginsLikeJsonAsync(PipeReader body, CancellationToken ct)
    {
        while (true)
        {
            var read = await body.ReadAsync(ct);
            byte? first = FirstOf(read.Buffer);
            body.AdvanceTo(read.Buffer.Start, first is null ? read.Buffer.End : read.Buffer.Start);
            if (first is not null || read.IsCompleted || read.Buffer.Length > 512) return first is (byte)'{';
        }
    }

    static byte? FirstOf(ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        reader.IsNext("\uFEFF"u8, advancePast: true);
        reader.AdvancePastAny(" \t\r\n"u8);
        return reader.TryPeek(out byte first) ? first : null;
    }
}
