using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Tests.Fhir;

namespace SafetyAudit.Tests.Host;

public class FhirEndpointTests
{
    const string FhirJson = "application/fhir+json";

    [Fact]
    public async Task A_bundle_is_received_read_and_told_of()
    {
        await using var dashboard = await StartAsync();
        using var program = await ProgramAsync(dashboard);
        Assert.Equal(HttpStatusCode.Accepted, await program.PostBodyAsync("/api/v1/fhir", FhirSamples.BundleOf("transaction", [.. FhirSamples.All, FhirSamples.AdverseEvent.Replace("\"E1\"", "\"E2\"").Replace("125667009", "1")]), FhirJson));
        Assert.Equal(FhirJson, program.Answer.Content.Headers.ContentType!.MediaType);
        var outcome = JsonDocument.Parse(program.Text).RootElement;
        Assert.Equal("OperationOutcome", outcome.GetProperty("resourceType").GetString());
        string[] ids = [.. outcome.GetProperty("issue").EnumerateArray().Select(i => i.GetProperty("details").GetProperty("coding")[0].GetProperty("code").GetString()!)];
        Assert.Equal(3, ids.Length);
        Assert.Equal($"/api/v1/uploads/{ids[0]}", program.Location);

        var events = await ReadAsync(program, ids[2]);
        Assert.Equal(("events", "completed", 1, 1), (events.GetProperty("kind").GetString(), events.GetProperty("status").GetString(), events.GetProperty("new").GetInt32(), events.GetProperty("rejected").GetInt32()));
        var issue = Assert.Single(events.GetProperty("outcome").GetProperty("issue").EnumerateArray());
        Assert.Equal(("error", "code-invalid", "category_unknown", "AdverseEvent.event"),
            (issue.GetProperty("severity").GetString(), issue.GetProperty("code").GetString(), issue.GetProperty("details").GetProperty("coding")[0].GetProperty("code").GetString(), issue.GetProperty("expression")[0].GetString()));
        Assert.StartsWith("line 8: AdverseEvent/ae1, AdverseEvent.event: ", issue.GetProperty("diagnostics").GetString(), StringComparison.Ordinal);
        Assert.Equal("All rows are in.", (await ReadAsync(program, ids[1])).GetProperty("outcome").GetProperty("issue")[0].GetProperty("diagnostics").GetString());

        await using var db = dashboard.App.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.Worker);
        Assert.All(await db.Uploads.ToListAsync(), u => Assert.Equal(("C1", "reception"), (u.ClinicId, u.ReceivedBy)));
    }

    [Fact]
    public async Task Lines_are_received_too_and_other_clinics_records_are_not_taken()
    {
        await using var dashboard = await StartAsync();
        using var program = await ProgramAsync(dashboard);
        Assert.Equal(HttpStatusCode.Accepted, await program.PostBodyAsync("/api/v1/fhir", FhirSamples.Lines(FhirSamples.All.Select(r => r.Replace("\"C1\"", "\"C2\""))), "application/fhir+ndjson"));
        var practitioners = await ReadAsync(program, "1");
        Assert.Equal("clinic_mismatch", practitioners.GetProperty("outcome").GetProperty("issue")[0].GetProperty("details").GetProperty("coding")[0].GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("{\"resourceType\":\"Bundle\",\"entry\":[{]}", FhirJson, HttpStatusCode.BadRequest)]
    [InlineData("{\"resourceType\":\"Patient\",\"id\":\"p\"}", FhirJson, HttpStatusCode.BadRequest)]
    [InlineData("practitioner_id\nP1\n", FhirJson, HttpStatusCode.BadRequest)]
    [InlineData("", FhirJson, HttpStatusCode.BadRequest)]
    [InlineData("<Bundle/>", "application/fhir+xml", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("practitioner_id\nP1\n", "text/csv", HttpStatusCode.UnsupportedMediaType)]
    public async Task What_can_t_be_taken_is_answered_with_an_outcome_and_not_kept(string body, string mediaType, HttpStatusCode expected)
    {
        await using var dashboard = await StartAsync();
        using var program = await ProgramAsync(dashboard);
        Assert.Equal(expected, await program.PostBodyAsync("/api/v1/fhir", body, mediaType));
        var issue = JsonDocument.Parse(program.Text).RootElement.GetProperty("issue")[0];
        Assert.Equal("error", issue.GetProperty("severity").GetString());
        Assert.NotEmpty(issue.GetProperty("diagnostics").GetString()!);
        await using var db = dashboard.App.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.Worker);
        Assert.Equal(0, await db.Uploads.CountAsync());
    }

    [Fact]
    public async Task More_than_the_limit_is_refused_and_no_key_or_a_wrong_one_opens_nothing()
    {
        await using var dashboard = await StartAsync("--Uploads:LargestMegabytes", "1");
        using var program = await ProgramAsync(dashboard);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await program.PostBodyAsync("/api/v1/fhir", FhirSamples.Lines(Enumerable.Repeat(FhirSamples.Practitioner, 2000)), "application/fhir+ndjson"));
        program.Headers["Authorization"] = "Bearer sa_wrong";
        Assert.Equal(HttpStatusCode.Unauthorized, await program.PostBodyAsync("/api/v1/fhir", FhirSamples.Practitioner, FhirJson));
        program.Headers.Clear();
        Assert.Equal(HttpStatusCode.Unauthorized, await program.PostBodyAsync("/api/v1/fhir", FhirSamples.Practitioner, FhirJson));
        Assert.Equal(HttpStatusCode.Unauthorized, await program.GetAsync("/api/v1/uploads/1"));
    }

    static async Task<JsonElement> ReadAsync(Visitor program, string id)
    {
        for (int i = 0; i < 600; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await program.GetAsync($"/api/v1/uploads/{id}"));
            var upload = JsonDocument.Parse(program.Text).RootElement;
            if (upload.GetProperty("status").GetString() is "completed" or "failed") return upload;
            await Task.Delay(100);
        }
        throw new TimeoutException($"upload {id} was not read in a minute: {program.Text}");
    }

    static Task<RunningDashboard> StartAsync(params string[] settings) => RunningDashboard.StartAsync(async services =>
    {
        await using var db = services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.CommandLine);
        db.Clinics.Add(new Sessions.Clinic { Id = "C1", Name = "C1", TimeZone = "Etc/UTC", AddedAtUtc = DateTime.UtcNow });
        await db.SaveChangesAsync();
    }, null, settings);

    static async Task<Visitor> ProgramAsync(RunningDashboard dashboard)
    {
        await using var scope = dashboard.App.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<SafetyAuditDb>().Actor = Actor.CommandLine;
        var program = new Visitor(dashboard.Address);
        program.Headers["Authorization"] = $"Bearer {(await scope.ServiceProvider.GetRequiredService<GiveAccess>().AddKeyAsync("reception", "C1", default)).Secret}";
        return program;
    }
}
