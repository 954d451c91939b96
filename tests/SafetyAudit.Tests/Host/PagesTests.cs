using System.Net;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.AuditTrail;
using SafetyAudit.Cases;
using SafetyAudit.Host.Pages;
using SafetyAudit.Reports;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

public class PagesTests
{
    [Fact]
    public async Task A_post_without_its_token_is_refused()
    {
        await using var dashboard = await RunningDashboard.StartAsync();
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new(dashboard.Address) };
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["UserName"] = "a", ["Password"] = "b" });
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/sign-in", form)).StatusCode);
    }

    [Fact]
    public async Task The_set_up_link_is_the_only_way_to_the_first_account()
    {
        await using var dashboard = await RunningDashboard.StartAsync();
        using var client = new HttpClient { BaseAddress = new(dashboard.Address) };
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/set-up")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/set-up?token=" + new string('0', 48))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/set-up?token=" + dashboard.SetUpToken)).StatusCode);
    }

    [Fact]
    public void Each_code_has_words_of_its_own()
    {
        Differ<Permission>(Show.Asks);
        Differ<Role>(Show.Role);
        Differ<AuditAction>(Show.Action);
        Differ<RecordKind>(k => Show.Kind(k));
        Differ<AlertRule>(Words.Rule);
        Differ<CaseStage>(Words.Stage);
        Differ<CaseDecision>(Words.Decision);
        Differ<NotAssessedBecause>(Words.Because);

        static void Differ<T>(Func<T, string> words) where T : struct, Enum =>
            Assert.Empty(Enum.GetValues<T>().GroupBy(words).Where(g => g.Count() > 1).Select(g => $"{g.Key}: {string.Join(", ", g)}"));
    }

    [Fact]
    public async Task Odd_addresses_are_answered_calmly()
    {
        await using var dashboard = await RunningDashboard.StartAsync(services => RunningDashboard.AddUserAsync(services, "director", "correct horse battery"));
        using var visitor = new Visitor(dashboard.Address);
        Assert.Equal(HttpStatusCode.Redirect, await visitor.SignInAsync("director", "correct horse battery"));
        foreach (string address in new[]
        {
            "/?from=abc",
            "/practitioners?from=2026-05-01&to=2026-01-01",
            "/measures/BRUISE_MINOR?to=0001-01-05",
            "/measures/BRUISE_MINOR?from=9999-12-31&to=9999-12-31",
            "/measures/NOTHING",
            "/measures/BRUISE_MINOR?clinic=NOWHERE",
            "/measures/BRUISE_MINOR?anew=0001-01-01&lasting=maybe&from=9999-12-31&to=9999-12-31",
            "/measures/FATIGUE?from=1990-01-01&to=2199-12-31&lasting=yes",
            "/uploads/-1",
            "/sessions",
            "/sessions?practitioner=P1&measure=NOTHING&rule=PR-999&outcome=maybe",
            "/sessions?of=nothing", "/alerts?rule=", "/alerts?rule=&rule=%20", "/alerts?status=closed", "/cases?status=nothing", "/measures?as_of=9999-12-31", "/practitioners/P1?as_of=9999-12-31", "/data-quality?practitioner=nobody", "/measures/BRUISE_MINOR?compare_from=2026-01-01", "/measures/BRUISE_MINOR?compare=nothing&compare_to=abc",
            "/sessions?of=late_sessions&from=0001-01-01&to=9999-12-31",
            "/data-quality?from=0001-01-01&to=9999-12-31",
            "/measures/BRUISE_MINOR?compare_from=0001-01-01&compare_to=9999-12-31",
            "/practitioners?compare=before&from=0001-01-01",
        })
            Assert.True(await visitor.GetAsync(address) is HttpStatusCode.OK or HttpStatusCode.NotFound, $"{address}: {visitor.Answer.StatusCode}");
    }

    [Fact]
    public async Task Health_answers_without_a_sign_in()
    {
        await using var dashboard = await RunningDashboard.StartAsync();
        using var client = new HttpClient { BaseAddress = new(dashboard.Address) };
        Assert.Equal("Healthy", await client.GetStringAsync("/health/live"));
        Assert.Equal("Healthy", await client.GetStringAsync("/health/ready"));
    }
}
