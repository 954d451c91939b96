using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Host.Security;
using SafetyAudit.Tests.Fhir;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>Records as JSON over the API, on both databases: what is stored, what is answered, and that nothing is taken twice.</summary>
public class RecordsEndpointTests
{
    const string Json = "application/json", Lines = "application/ndjson";

    public static TheoryData<DatabaseProvider> Providers => TestInstallation.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task A_record_is_the_same_record_by_JSON_and_by_CSV(DatabaseProvider provider)
    {
        await using var world = await World.OpenAsync(provider);
        await world.Installation.ImportAsync("session_id,practitioner_id,patient_id,started_at,is_first_session,regions,sides,screen_flags,needles_inserted,needle_gauge_mm,risk_note\n"
            + "S1,P1,T1,2026-03-02T10:00:00Z,true,upper_trapezius;gluteal,left;right,needle phobia;epilepsy,7,0.3,'=text\n", "C1");
        Assert.Equal(HttpStatusCode.Created, await world.Program.PostBodyAsync("/api/v1/sessions", """
            [{"session_id":"S1","practitioner_id":"P1","patient_id":"T1","started_at":"2026-03-02T10:00:00Z","is_first_session":true,
              "regions":["upper_trapezius","gluteal"],"sides":"left;right","screen_flags":["needle phobia","epilepsy"],"needles_inserted":7,"needle_gauge_mm":0.30,"risk_note":"=text","ended_at":null},
             {"session_id":"S2","practitioner_id":"P1","patient_id":"T1","started_at":"2026-03-03T10:00:00Z","is_first_session":"no","needles_inserted":"8","room":"4"},
             {"session_id":"S1","practitioner_id":"P1","patient_id":"T1","started_at":"2026-03-02T11:00:00Z"}]
            """, Json));
        var answer = world.Answer;
        Assert.Equal(("completed", 3, 1, 1, 0, 1, "room"), (answer.GetProperty("status").GetString(), Number("rows"), Number("new"), Number("same"), Number("changed"), Number("rejected"), answer.GetProperty("not_used").GetString()));
        Assert.Equal(["1 S1 same", "2 S2 new", "3 S1 rejected"], Items(answer));
        Assert.Equal("duplicate_id", answer.GetProperty("records")[2].GetProperty("errors")[0].GetProperty("reason").GetString());
        Assert.Equal($"/api/v1/uploads/{Number("upload_id")}", world.Program.Location);

        Assert.Equal(HttpStatusCode.Created, await world.Program.PostBodyAsync("/api/v1/sessions", """{"session_id":"S2","practitioner_id":"P1","patient_id":"T1","started_at":"2026-03-03T10:30:00Z"}""", Json));
        Assert.Equal(["1 S2 changed"], Items(world.Answer));
        Assert.Equal(HttpStatusCode.Created, await world.Program.PostBodyAsync("/api/v1/events", "{\"event_id\":\"E1\",\"session_id\":\"S2\",\"patient_id\":\"T1\",\"category\":\"bruise_minor\",\"onset_at\":\"2026-03-03T11:00:00Z\"}\n\n"
            + "{\"event_id\":\"E2\",\"patient_id\":\"T1\",\"category\":\"NONSENSE\",\"onset_at\":\"2026-03-03T11:00:00Z\"}\n{broken\n", Lines));
        Assert.Equal(["1 E1 new", "3 E2 rejected", "4  rejected"], Items(world.Answer));

        await using var db = world.Installation.Db();
        var joined = await db.AdverseEvents.SingleAsync(e => e.EventId == "E1");
        Assert.Equal(("S2", "C1"), (joined.LinkedSessionId, joined.LinkedClinicId));
        Assert.All(await db.Uploads.Where(u => u.ReceivedBy == "reception").ToListAsync(), u => Assert.Equal("C1", u.ClinicId));
        await world.HoldsAsync();

        int Number(string name) => answer.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task Each_record_that_is_not_taken_is_named_with_member_value_and_what_was_expected()
    {
        await using var world = await World.OpenAsync();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await world.Program.PostBodyAsync("/api/v1/events", """
            [{"event_id":"E1","patient_id":["T1","T2"],"category":"BRUISE_MINOR","onset_at":"03/04/25","severity":{"code":"mild"},"ctcae_grade":1e999,"clinic_id":"C2"},
             7, [{"event_id":"E2"}],
             {"event_id":"E3","patient_id":"T\u0000","category":"BRUISE_MINOR","onset_at":"2026-03-03T11:00:00Z"},
             {"event_id":"E4","event_id":"E5"},
             {"event_id":"E6","narrative":"\ud800"}]
            """, Json));
        Assert.Equal("application/problem+json", world.Program.Answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(422, world.Answer.GetProperty("status").GetInt32());
        var records = world.Answer.GetProperty("records");
        Assert.Equal(["1 E1 rejected", "2  rejected", "3  rejected", "4 E3 rejected", "5  rejected", "6  rejected"], Items(world.Answer));
        var errors = records[0].GetProperty("errors").EnumerateArray().Select(e => $"{e.GetProperty("reason").GetString()} {e.GetProperty("member").GetString()} {e.GetProperty("value").GetString()}").Order(StringComparer.Ordinal);
        Assert.Equal(["clinic_mismatch clinic_id C2", "clinic_unknown clinic_id C2", "not_a_number ctcae_grade 1e999", "not_an_instant onset_at 03/04/25", "not_one_value patient_id [\"T1\",\"T2\"]", "not_one_value severity {\"code\":\"mild\"}"], errors);
        Assert.Equal("onset_at must be a date and time as yyyy-MM-ddTHH:mm:ssZ or with an offset such as +01:00.",
            records[0].GetProperty("errors").EnumerateArray().Single(e => e.GetProperty("member").GetString() == "onset_at").GetProperty("expected").GetString());
        Assert.Equal(["not_json", "not_json", "forbidden_character", "not_json", "not_json"], records.EnumerateArray().Skip(1).Select(r => r.GetProperty("errors")[0].GetProperty("reason").GetString()));
        await using var db = world.Installation.Db();
        Assert.Equal((0, 6), (await db.AdverseEvents.CountAsync(), await db.QuarantinedRows.CountAsync()));
    }

    [Theory]
    [InlineData("[{\"event_id\":\"E1\"},", Json, HttpStatusCode.BadRequest)]
    [InlineData("[{\"event_id\":\"E1\"}] and more", Json, HttpStatusCode.BadRequest)]
    [InlineData("[]", Json, HttpStatusCode.BadRequest)]
    [InlineData("", Json, HttpStatusCode.BadRequest)]
    [InlineData("null", Json, HttpStatusCode.BadRequest)]
    [InlineData("event_id,patient_id\nE1,T1\n", Json, HttpStatusCode.BadRequest)]
    [InlineData("{\"resourceType\":\"AdverseEvent\",\"id\":\"E1\"}", Json, HttpStatusCode.BadRequest)]
    [InlineData("<event/>", "application/xml", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("event_id,patient_id\nE1,T1\n", "text/csv", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("deep", Json, HttpStatusCode.BadRequest)]
    public async Task What_can_t_be_read_is_a_problem_and_not_kept(string body, string mediaType, HttpStatusCode expected)
    {
        await using var world = await World.OpenAsync();
        if (body == "deep") body = new string('[', 100_000);
        Assert.Equal(expected, await world.Program.PostBodyAsync("/api/v1/events", body, mediaType));
        Assert.Equal("application/problem+json", world.Program.Answer.Content.Headers.ContentType!.MediaType);
        Assert.NotEmpty(world.Answer.GetProperty("detail").GetString()!);
        await using var db = world.Installation.Db();
        // The practitioners.
        Assert.Equal(1, await db.Uploads.CountAsync());
    }

    [Fact]
    public async Task Records_posted_to_the_FHIR_door_and_those_under_no_key_are_not_taken()
    {
        await using var world = await World.OpenAsync();
        Assert.Equal(HttpStatusCode.BadRequest, await world.Program.PostBodyAsync("/api/v1/fhir", EventBody("E1"), "application/fhir+json"));
        world.Program.Headers.Clear();
        Assert.Equal(HttpStatusCode.Unauthorized, await world.Program.PostBodyAsync("/api/v1/events", EventBody("E1"), Json));
    }

    [Theory]
    [InlineData(501, 0)]
    [InlineData(100, 12_000)]
    public async Task A_larger_batch_is_received_and_answered_with_where_to_look(int records, int padding)
    {
        await using var world = await World.OpenAsync();
        string body = "[" + string.Join(',', Enumerable.Range(0, records).Select(i => EventBody($"E{i}").Replace("}", $",\"padding\":\"{new string('x', padding)}\"}}", StringComparison.Ordinal))) + "]";
        Assert.Equal(HttpStatusCode.Accepted, await world.Program.PostBodyAsync("/api/v1/events", body, Json));
        string where = world.Program.Location!;
        Assert.Matches("^/api/v1/uploads/[0-9]+$", where);
        await world.Installation.Services.CatchUpAsync(null, default);
        Assert.Equal(HttpStatusCode.OK, await world.Program.GetAsync(where));
        Assert.Equal(("completed", records), (world.Answer.GetProperty("status").GetString(), world.Answer.GetProperty("new").GetInt32()));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task The_same_key_and_body_have_one_effect_and_one_answer_also_all_at_once(DatabaseProvider provider)
    {
        await using var world = await World.OpenAsync(provider);
        string body = $"[{EventBody("E1")},{EventBody("E2")}]";
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var program = world.Other("one-key");
            return (Status: await program.PostBodyAsync("/api/v1/events", body, Json), program.Text, program.Location);
        }));
        Assert.Equal((HttpStatusCode.Created, answers[0].Text, answers[0].Location), Assert.Single(answers.Distinct()));
        Assert.Contains("\"outcome\":\"new\"", answers[0].Text, StringComparison.Ordinal);

        // The upload of practitioners, and one.
        await using var db = world.Installation.Db();
        Assert.Equal((2, 2), (await db.Uploads.CountAsync(), await db.AdverseEvents.CountAsync()));

        // Later too, though the records have changed since.
        await world.Program.PostBodyAsync("/api/v1/events", EventBody("E1").Replace("12:00", "13:00", StringComparison.Ordinal), Json);
        world.Program.Headers["Idempotency-Key"] = "one-key";
        Assert.Equal((HttpStatusCode.Created, answers[0].Text), (await world.Program.PostBodyAsync("/api/v1/events", body, Json), world.Program.Text));

        // Something else under the key, or elsewhere, is refused; another sender's key is another key.
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await world.Program.PostBodyAsync("/api/v1/events", EventBody("E3"), Json));
        Assert.Contains("used for something else", world.Answer.GetProperty("title").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await world.Program.PostBodyAsync("/api/v1/sessions", body, Json));
        using var another = await world.ProgramAsync("C1");
        another.Headers["Idempotency-Key"] = "one-key";
        Assert.Equal(HttpStatusCode.Created, await another.PostBodyAsync("/api/v1/events", body, Json));
        Assert.DoesNotContain("\"outcome\":\"new\"", another.Text, StringComparison.Ordinal);
        Assert.Equal(4, await db.Uploads.CountAsync());
        await world.HoldsAsync();
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_crash_between_commit_and_answer_is_answered_by_the_next_try_and_a_day_later_the_key_is_free(DatabaseProvider provider)
    {
        await using var world = await World.OpenAsync(provider);
        string body = EventBody("E1");
        world.Installation.Clock.Now = DateTimeOffset.UtcNow;
        await using (var scope = world.Installation.Db())
        {
            long key = (await scope.ApiKeys.SingleAsync()).Id;
            // What is there when the program ended just after the commit.
            await world.Installation.Services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(body)), "events.json", RecordKind.Events, "C1",
                new Actor(ActorKind.ApiKey, "reception", "", Roles.OfApiKeys, new(["C1"])), default, new(Form: FileForm.Json, Name: new($"api_key {key}", "crashed", "/api/v1/events")));
        }
        world.Program.Headers["Idempotency-Key"] = "crashed";
        Assert.Equal(HttpStatusCode.Created, await world.Program.PostBodyAsync("/api/v1/events", body, Json));
        Assert.Equal(["1 E1 new"], Items(world.Answer));
        await using var db = world.Installation.Db();
        Assert.Equal(2, await db.Uploads.CountAsync());
        // What was answered may quote the rows, and lies there sealed.
        Assert.Equal(-1, (await db.Deliveries.SingleAsync()).Answer!.AsSpan().IndexOf("E1"u8));

        // The key in use may have changed in between.
        await world.Installation.Services.GetRequiredService<RotateKey>().RunAsync(default);
        Assert.Equal(HttpStatusCode.Created, await world.Program.PostBodyAsync("/api/v1/events", body, Json));
        Assert.Equal(2, await db.Uploads.CountAsync());

        await Delivery.SweepAsync(db, DateTime.UtcNow.AddHours(23), default);
        Assert.Equal(1, await db.Deliveries.CountAsync());
        await Delivery.SweepAsync(db, DateTime.UtcNow.AddHours(25), default);
        Assert.Equal(0, await db.Deliveries.CountAsync());
    }

    [Fact]
    public async Task FHIR_too_is_taken_once_under_a_key_and_a_key_that_is_none_is_refused()
    {
        await using var world = await World.OpenAsync();
        string bundle = FhirSamples.BundleOf("collection", FhirSamples.All);
        world.Program.Headers["Idempotency-Key"] = "fhir-1";
        Assert.Equal(HttpStatusCode.Accepted, await world.Program.PostBodyAsync("/api/v1/fhir", bundle, "application/fhir+json"));
        var (first, where) = (world.Program.Text, world.Program.Location);
        Assert.Equal(HttpStatusCode.Accepted, await world.Program.PostBodyAsync("/api/v1/fhir", bundle, "application/fhir+json"));
        Assert.Equal((first, where), (world.Program.Text, world.Program.Location));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await world.Program.PostBodyAsync("/api/v1/fhir", FhirSamples.Practitioner, "application/fhir+json"));
        await using var db = world.Installation.Db();
        Assert.Equal(4, await db.Uploads.CountAsync());
        foreach (string none in new[] { "", new string('k', 256), "two words" })
        {
            world.Program.Headers["Idempotency-Key"] = none;
            Assert.Equal(HttpStatusCode.BadRequest, await world.Program.PostBodyAsync("/api/v1/events", EventBody("E1"), Json));
        }
        Assert.Equal(4, await db.Uploads.CountAsync());
    }

    [Fact]
    public async Task The_description_names_every_route_and_every_column_of_the_records()
    {
        await using var world = await World.OpenAsync();
        world.Program.Headers.Clear();
        Assert.Equal(HttpStatusCode.OK, await world.Program.GetAsync("/openapi/v1.json"));
        var described = world.Answer.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Where(o => o.Name is "get" or "post").Select(o => $"{o.Name} {p.Name}"));
        var routes = WebTests.Routes(world.Dashboard).Where(r => r.RoutePattern.RawText!.StartsWith("/api/", StringComparison.Ordinal))
            .SelectMany(r => r.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(m => $"{m.ToLowerInvariant()} {r.RoutePattern.RawText!.Replace("{id:long}", "{id}", StringComparison.Ordinal)}"));
        Assert.Equal(routes.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        // Columns as they are promised to those who send files.
        var events = world.Answer.GetProperty("components").GetProperty("schemas").GetProperty("events");
        Assert.Equal("action_taken body_region category causality clinic_id ctcae_grade detected_at event_id medical_attention narrative onset_at outcome patient_id practitioner_id recorded_at report_channel reporter_role resolved_at seriousness session_id severity",
            string.Join(' ', events.GetProperty("properties").EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal)));
        Assert.Equal(["category", "event_id", "onset_at", "patient_id"], events.GetProperty("required").EnumerateArray().Select(r => r.GetString()!).Order());
        Assert.Equal("""["null","integer"]""", world.Answer.GetProperty("components").GetProperty("schemas").GetProperty("sessions").GetProperty("properties").GetProperty("needles_inserted").GetProperty("type").GetRawText().Replace(" ", "").Replace("\n", ""));
        Assert.All(world.Answer.GetProperty("paths").EnumerateObject().Where(p => p.Value.TryGetProperty("post", out _)), p => Assert.Contains("Idempotency-Key", p.Value.GetRawText(), StringComparison.Ordinal));
    }

    static string EventBody(string id) => $$"""{"event_id":"{{id}}","patient_id":"T1","category":"BRUISE_MINOR","onset_at":"2026-03-02T12:00:00Z"}""";

    static IEnumerable<string> Items(JsonElement answer) => answer.GetProperty("records").EnumerateArray()
        .Select(r => $"{r.GetProperty("item").GetInt64()} {r.GetProperty("id").GetString()} {r.GetProperty("outcome").GetString()}");

    /// <summary>A dashboard over an installation with clinic C1 and its practitioners, and a program with a key. No worker runs: what is answered was done for the answer.</summary>
    internal sealed class World(TestInstallation installation, RunningDashboard dashboard) : IAsyncDisposable
    {
        string secret = "";

        public TestInstallation Installation => installation;
        public RunningDashboard Dashboard => dashboard;
        public Visitor Program { get; private set; } = null!;
        public JsonElement Answer => JsonDocument.Parse(Program.Text).RootElement;

        public static async Task<World> OpenAsync(DatabaseProvider provider = DatabaseProvider.Sqlite, TimeProvider? clock = null)
        {
            var installation = await TestInstallation.OpenAsync(provider);
            await installation.ImportAsync(Samples.Practitioners, "C1");
            var settings = installation.Services.GetRequiredService<DatabaseSettings>();
            var dashboard = await RunningDashboard.StartAsync(null, clock ?? TimeProvider.System, "--Data:Directory", installation.Directory, "--Clinics:TimeZone", "Europe/London",
                "--Database:Provider", Codes.Of(provider), "--Database:ConnectionString", settings.ConnectionString);
            var world = new World(installation, dashboard);
            world.Program = await world.ProgramAsync("C1");
            world.secret = world.Program.Headers["Authorization"];
            return world;
        }

        public async Task<Visitor> ProgramAsync(string clinic)
        {
            await using var scope = dashboard.App.Services.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<SafetyAuditDb>().Actor = Actor.CommandLine;
            var program = new Visitor(dashboard.Address);
            program.Headers["Authorization"] = $"Bearer {(await scope.ServiceProvider.GetRequiredService<GiveAccess>().AddKeyAsync("reception", clinic, default)).Secret}";
            return program;
        }

        /// <summary>The same program once more, at the same time.</summary>
        public Visitor Other(string idempotencyKey)
        {
            var program = new Visitor(dashboard.Address);
            (program.Headers["Authorization"], program.Headers["Idempotency-Key"]) = (secret, idempotencyKey);
            return program;
        }

        /// <summary>The trail tells of exactly what is there.</summary>
        public async Task HoldsAsync()
        {
            await installation.Services.CatchUpAsync(null, default);
            await using var db = installation.Db();
            Assert.Null((await installation.Services.GetRequiredService<VerifyTrail>().RunAsync(db, default)).Fault);
            await foreach (string fault in VerifyRecords.RunAsync(db, default)) Assert.Fail(fault);
        }

        public async ValueTask DisposeAsync()
        {
            Program.Dispose();
            await dashboard.DisposeAsync();
            await installation.DisposeAsync();
        }
    }
}
